"""What a state reads and what it passes on: the one thing in which the query languages differ.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from local_cloud.step_functions.limit import Limit

# The Context Object, with the state.
# https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
Context = Mapping[str, Any]
# An item of a Map: `{"Value": …}`, or `{"Key": …, "Value": …}` for an object's entry.
Item = dict[str, Any]


class Passed(NamedTuple):
    """What a state passes on: the variables that it assigns, and its output."""

    assigned: dict[str, Any]
    output: Any


@dataclass(frozen=True)
class Chosen:
    """The rule of a Choice that applies, its path within the state, such as `Choices[0]/`, and the next state's name.

    For Default, the rule is the state itself, at "".
    """

    rule: dict[str, Any]
    where: str
    next_state: str


class DataFlow(Protocol):
    """The data flow of one visit of a state. Every method may raise StateFailure, with the cause as AWS words it."""

    def value(self, field: str, context: Context) -> Any:
        """The value of a field that takes a text or a number, such as TimeoutSeconds; None without the field."""

    def limit(self, field: str, context: Context, part: str = "") -> Limit:
        """A field of a Map, or of the part of a Map, such as `ItemReader/ReaderConfig`, that takes a number.

        Without the field, the number is 0.
        """

    def arguments(self, context: Context) -> Any:
        """What a Task, a Parallel's branch or a Map gets of the state's input."""

    def wait_seconds(self, context: Context) -> float:
        """How long a Wait waits, not below 0."""

    def choose(self, context: Context) -> Chosen:
        """Raises States.NoChoiceMatched."""

    def items(self, context: Context) -> list[Item]:
        """The items of a Map without an ItemReader."""

    def item_input(self, index: int, item: Item, context: Context) -> Any:
        """What a Map's child or iteration gets of an item."""

    def part(self, field: str, context: Context) -> dict[str, Any] | None:
        """A Map's ItemReader, ItemBatcher or ResultWriter, with its Arguments and its BatchInput evaluated."""

    def pass_on(self, context: Context, chosen: Chosen | None = None) -> Passed:
        """Of a state that gets no result: a Pass, Wait, Succeed or Choice."""

    def pass_result(self, result: Any, context: Context) -> Passed:
        """Of a Task, Parallel or Map."""

    def pass_error(self, catcher: dict[str, Any], where: str, error: dict[str, str], context: Context) -> Passed:
        """Of a state whose failure is caught; `where` is the catcher's path within the state, such as `Catch[0]/`."""


def is_json_path(state: Mapping[str, Any]) -> bool:
    """Whether a state of a normalized definition is in JSONPath."""
    return bool(state["QueryLanguage"] == "JSONPath")
