"""One execution, as its states see it, and what they reach through it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from local_cloud.step_functions.arn import MachineArn
from local_cloud.step_functions.data_flow import Item
from local_cloud.step_functions.history import History
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.stop import Stop


class Role(Protocol):
    """The machine's role: a run does everything as this role."""

    def client(self, service: str) -> Any:
        """A boto3 client with the role's credentials."""

    def require(self, action: str, resource: str) -> None:
        """Raises StateFailure, in AWS's words, if IAM doesn't allow the role `action` on `resource`."""

    def assume(self) -> None:
        """Raises ApiError AccessDeniedException if the trust policy doesn't let the machine in."""

    def denied(self, actions: list[str], resource: str) -> list[str]:
        """Those of the actions that IAM doesn't allow the role."""


class Tasks(Protocol):
    """What runs the integrations that Tasks name."""

    def call(self, resource: str, arguments: Any, run: "Run", seconds: float | None) -> Any:
        """The integration's result.

        Raises TimeoutError after `seconds` without a result, StateFailure if the call fails, and Stopped if
        the run is stopped while the call waits.
        """


# A child's item, by the item's index and the item.
Select = Callable[[int, Item], Any]
# Runs a child's states and returns its output. Raises StateFailure and Stopped.
RunChild = Callable[[Progress, "Run"], Any]


class StartedMapRun(Protocol):
    """A Map Run, as far as the Map state that started it uses it."""

    @property
    def arn(self) -> str: ...

    def run(self, items: list[Item], select: Select, run_child: RunChild) -> Any:
        """The Map's result. `items` are unused if the Map has an ItemReader. Raises StateFailure and Stopped."""


class MapRuns(Protocol):
    """What starts Map Runs and resumes them in a redrive."""

    def start(self, fields: MapFields, run: "Run") -> StartedMapRun:
        """A new Map Run, which can be described from now on."""

    def resume(self, arn: str, run: "Run") -> StartedMapRun:
        """The same Map Run, whose unsuccessful children wait to run again. Raises StateFailure and Stopped."""


@dataclass(frozen=True)
class Run:
    machine: MachineArn
    role: Role
    tasks: Tasks
    map_runs: MapRuns
    history: History
    stop: Stop
    execution_arn: str
    # The Context Object, without the state. It gains `Map` within an inline Map's iterations.
    # https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    context: dict[str, Any]

    def until(self, stop: Stop) -> "Run":
        return replace(self, stop=stop)

    def iteration(self, index: int, item: Item) -> "Run":
        return replace(self, context={**self.context, "Map": {"Item": {"Index": index, **item}}})
