"""How far a run has come: where a redrive resumes."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Progress:
    """How far a sequence of states has come: a machine's, a branch's or an item's.

    `state` is the state to run next, with its input and the variables before it. While a Parallel or an
    inline Map runs, `inner` holds its branches' or items' progress by index; for a distributed
    Map, `map_run_arn` is its Map Run. A finished sequence is `done` and keeps its output.
    """

    state: str
    data: Any
    variables: dict[str, Any] = field(default_factory=dict)
    inner: dict[int, "Progress"] = field(default_factory=dict)
    map_run_arn: str | None = None
    done: bool = False
    output: Any = None

    def enter(self, state: str, data: Any) -> None:
        self.state, self.data = state, data
        self.forget_inner()

    def forget_inner(self) -> None:
        """A Retry of the state starts over, where a redrive goes on."""
        self.inner = {}
        self.map_run_arn = None

    def finish(self, output: Any) -> None:
        self.done, self.output = True, output
        self.data, self.variables = None, {}
        self.forget_inner()
