"""One execution, as its states see it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from local_cloud.step_functions.arn import MachineArn
from local_cloud.step_functions.history import History
from local_cloud.step_functions.stop import Stop

if TYPE_CHECKING:
    from local_cloud.step_functions.map_run import MapRun
    from local_cloud.step_functions.map_settings import MapSettings


class Role(Protocol):
    """The machine's role: everything a run does, it does as this."""

    def client(self, service: str) -> Any:
        """A boto3 client with the role's credentials."""

    def require(self, action: str, resource: str) -> None:
        """Raises a StateFailure in AWS's words where IAM doesn't allow the role `action` on `resource`."""

    def assume(self) -> None:
        """Raises ApiError AccessDeniedException where the trust policy does not let the machine in."""

    def denied(self, actions: list[str], resource: str) -> list[str]:
        """Those of the actions that IAM does not allow the role."""


class Tasks(Protocol):
    def call(self, resource: str, arguments: Any, run: "Run", seconds: float | None) -> Any:
        """The result of a Task's integration, TimeoutError when there is none after `seconds`.

        Raises StateFailure, and Stopped where it waits.
        """


class MapRuns(Protocol):
    def start(self, settings: "MapSettings", run: "Run") -> "MapRun":
        """A new Map Run, which can be described from now on."""


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

    def iteration(self, index: int, item: dict[str, Any]) -> "Run":
        return replace(self, context={**self.context, "Map": {"Item": {"Index": index, **item}}})


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC to the millisecond, as in the Context Object and in ResultWriter's files."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
