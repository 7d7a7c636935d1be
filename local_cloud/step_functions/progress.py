"""How far a run has come: what a redrive goes on from."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_cloud.step_functions.map_run import MapRun


@dataclass
class Progress:
    """One sequence of states: a machine's, a branch's, an item's.

    `state` is the state to run next, with its input and the variables before it. While a Parallel or an
    inline Map runs, `inner` holds its branches' or items' progress by index; a distributed Map's is its
    Map Run. A finished sequence is `done` and keeps its output.
    """

    state: str
    data: Any
    variables: dict[str, Any] = field(default_factory=dict)
    inner: dict[int, "Progress"] = field(default_factory=dict)
    map_run: "MapRun | None" = None
    done: bool = False
    output: Any = None

    def enter(self, state: str, data: Any) -> None:
        self.state, self.data = state, data
        self.forget_inner()

    def forget_inner(self) -> None:
        """A Retry of the state starts over, where a redrive goes on."""
        self.inner = {}
        self.map_run = None

    def finish(self, output: Any) -> None:
        self.done, self.output = True, output
        self.data, self.variables = None, {}
        self.forget_inner()
