"""The data flow of a state in JSONata.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import time
from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.data_flow import Chosen, Context, Item, Passed
from local_cloud.step_functions.errors import NO_CHOICE_MATCHED, EvaluationFailure, StateFailure
from local_cloud.step_functions.expression import evaluate, json_type, unexpected_type
from local_cloud.step_functions.history import History
from local_cloud.step_functions.limit import Limit
from local_cloud.step_functions.place import Place
from local_cloud.step_functions.processor_config import is_distributed
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.timestamp import parse_timestamp


@dataclass(frozen=True)
class JsonataFlow:
    """See data_flow.DataFlow. Failed expressions are added to the history."""

    state: dict[str, Any]
    progress: Progress
    history: History
    place: Place

    def value(self, field: str, context: Context) -> Any:
        return self._evaluate(self.state.get(field), self._states(context), field)

    def limit(self, field: str, context: Context, part: str = "") -> Limit:
        holder: Any = self.state
        for name in part.split("/") if part else ():
            holder = holder.get(name, {})
        where = f"{part}/{field}" if part else field
        return Limit(self._evaluate(holder.get(field, 0), self._states(context), where), field)

    def arguments(self, context: Context) -> Any:
        """The Arguments, or else the input, which is data: expressions in it stay text."""
        if "Arguments" not in self.state or self.state["Type"] == "Map":
            return self.progress.data
        return self.value("Arguments", context)

    def wait_seconds(self, context: Context) -> float:
        states = self._states(context)
        if "Seconds" in self.state:
            seconds = self._evaluate(self.state["Seconds"], states, "Seconds", "number")
            if seconds < 0 or seconds != int(seconds):
                cause = f"The Seconds field must be a whole number of 0 or more, but was: {seconds}"
                raise self._failure(cause, "Seconds")
            return float(seconds)
        until = self._evaluate(self.state["Timestamp"], states, "Timestamp", "string")
        moment = parse_timestamp(until)
        if moment is None:
            what = "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string"
            raise self._failure(f"{what}: {until}", "Timestamp")
        return max(0.0, moment - time.time())

    def choose(self, context: Context) -> Chosen:
        for index, rule in enumerate(self.state["Choices"]):
            where = f"Choices[{index}]/"
            if self._evaluate(rule["Condition"], self._states(context), f"{where}Condition", "boolean"):
                return Chosen(rule, where, rule["Next"])
        if "Default" not in self.state:
            raise StateFailure(NO_CHOICE_MATCHED, "No Condition is true, and the state has no Default.")
        return Chosen(self.state, "", self.state["Default"])

    def items(self, context: Context) -> list[Item]:
        """An array, or for a distributed Map also an object, whose entries are items with a Key."""
        items = self.value("Items", context) if "Items" in self.state else self.progress.data
        if isinstance(items, dict) and is_distributed(self.state):
            return [{"Key": key, "Value": value} for key, value in items.items()]
        if not isinstance(items, list):
            raise self._no_array(items)
        return [{"Value": item} for item in items]

    def _no_array(self, items: Any) -> EvaluationFailure:
        if "Items" not in self.state:
            return self._failure(f"Map state input must be an array but was: {payload.text(items)}", None)
        return self._failure(unexpected_type(items, "array", self.state["Items"], "Items"), "Items")

    def item_input(self, index: int, item: Item, context: Context) -> Any:
        """The ItemSelector's value, or the item itself."""
        if "ItemSelector" not in self.state:
            return item if "Key" in item else item["Value"]
        return self.value("ItemSelector", {**context, "Map": {"Item": {"Index": index, **item}}})

    def part(self, field: str, context: Context) -> dict[str, Any] | None:
        value: dict[str, Any] | None = self.value(field, context)
        return value

    def pass_on(self, context: Context, chosen: Chosen | None = None) -> Passed:
        rule, where = (chosen.rule, chosen.where) if chosen else (self.state, "")
        return self._passed(rule, self._states(context), self.progress.data, where)

    def pass_result(self, result: Any, context: Context) -> Passed:
        return self._passed(self.state, {**self._states(context), "result": result}, result)

    def pass_error(self, catcher: dict[str, Any], where: str, error: dict[str, str], context: Context) -> Passed:
        return self._passed(catcher, {**self._states(context), "errorOutput": error}, error, where)

    def _passed(self, fields: dict[str, Any], states: dict[str, Any], default: Any, where: str = "") -> Passed:
        """Assign and Output of a state, a Choice rule or a catcher. Both read the variables from before the state."""
        assigned = self._evaluate(fields.get("Assign", {}), states, f"{where}Assign")
        output = self._evaluate(fields["Output"], states, f"{where}Output") if "Output" in fields else default
        return Passed(assigned, output)

    def _states(self, context: Context) -> dict[str, Any]:
        return {"input": self.progress.data, "context": context}

    def _evaluate(self, template: Any, states: dict[str, Any], field: str, expected: str | None = None) -> Any:
        """A template's value. Raises StateFailure, also if it hasn't the JSON type that is `expected`."""
        try:
            value = evaluate(template, self.progress.variables, states, field)
        except EvaluationFailure as failure:
            raise self._failure(failure.cause, failure.location) from failure
        if expected is not None and json_type(value) != expected:
            raise self._failure(unexpected_type(value, expected, template, field), field)
        return value

    def _failure(self, cause: str, location: str | None) -> EvaluationFailure:
        """The failure, with its event in the history."""
        failure = EvaluationFailure(self.place.cause(cause), location)
        self.history.evaluation_failed(self.place.state, failure)
        return failure
