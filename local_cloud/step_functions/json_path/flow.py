"""The data flow of a state in JSONPath: InputPath, Parameters, ResultSelector, ResultPath, OutputPath.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions.data_flow import Chosen, Context, Item, Passed
from local_cloud.step_functions.errors import (
    NO_CHOICE_MATCHED,
    REFERENCE_PATH_CONFLICT,
    RESULT_PATH_MATCH_FAILURE,
    RUNTIME,
    StateFailure,
)
from local_cloud.step_functions.json_path import choice_rule, path, payload_template
from local_cloud.step_functions.json_path.path import Data
from local_cloud.step_functions.json_path.reference_path import NoMatchError, put
from local_cloud.step_functions.limit import BadValue, Limit
from local_cloud.step_functions.place import Place
from local_cloud.step_functions.processor_config import is_distributed
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.timestamp import parse_timestamp


@dataclass(frozen=True)
class JsonPathFlow:
    """See data_flow.DataFlow."""

    state: dict[str, Any]
    progress: Progress
    place: Place

    def value(self, field: str, context: Context) -> Any:
        """A Fail's texts are read from its input and may come from intrinsic functions; other fields are numbers."""
        if self.state["Type"] == "Fail" and f"{field}Path" in self.state:
            return self._resolve(self.state[f"{field}Path"], f"{field}Path", self._data(self.progress.data, context))
        if f"{field}Path" not in self.state:
            return self.state.get(field)
        try:
            return self.limit(field, context).whole()
        except BadValue as bad:
            raise self._failure(RUNTIME, str(bad)) from bad

    def limit(self, field: str, context: Context, part: str = "") -> Limit:
        holder: Any = self.state
        for name in part.split("/") if part else ():
            holder = holder.get(name, {})
        source = holder.get(f"{field}Path")
        if source is None:
            return Limit(holder.get(field, 0), field)
        return Limit(self._at(source, self._data(self._input(context), context)), f"{field}Path", source)

    def arguments(self, context: Context) -> Any:
        """The input after InputPath, or the Parameters made from it. A Map's are its items' (ItemSelector)."""
        data = self._input(context)
        if "Parameters" not in self.state:
            return data
        return self._template(self.state["Parameters"], data, context)

    def wait_seconds(self, context: Context) -> float:
        if "Seconds" in self.state:
            return float(self.state["Seconds"])
        if "SecondsPath" in self.state:
            return self._seconds(self.state["SecondsPath"], context)
        return max(0.0, self._moment(context) - time.time())

    def _seconds(self, source: str, context: Context) -> float:
        value = self._input_value("SecondsPath", source, context)
        try:
            seconds = Limit(value, "SecondsPath", source).whole()
        except BadValue as bad:
            cause = f"The SecondsPath parameter cannot be parsed as a long value: {source} == {value}"
            raise self._failure(RUNTIME, cause) from bad
        if seconds < 0:
            raise self._failure(RUNTIME, f"The SecondsPath parameter references a negative value: {source} == {value}")
        return float(seconds)

    def _moment(self, context: Context) -> float:
        """The seconds since the epoch. A literal was checked when the machine was created."""
        source = self.state.get("TimestampPath", "")
        value = self._input_value("TimestampPath", source, context) if source else self.state["Timestamp"]
        moment = parse_timestamp(value) if isinstance(value, str) else None
        if moment is None:
            what = "does not reference a valid ISO-8601 extended offset date-time format string"
            raise self._failure(RUNTIME, f"The TimestampPath parameter {what}: {source} == {value}")
        return moment

    def _input_value(self, field: str, source: str, context: Context) -> Any:
        try:
            return path.parse(source).find(self._data(self._input(context), context))
        except NoMatchError as error:
            cause = f"The {field} parameter does not reference an input value: {source}"
            raise self._failure(RUNTIME, cause) from error

    def choose(self, context: Context) -> Chosen:
        data = self._data(self._input(context), context)
        for index, rule in enumerate(self.state["Choices"]):
            with self._placed():
                if choice_rule.is_true(rule, data):
                    return Chosen(rule, f"Choices[{index}]/", rule["Next"])
        if "Default" not in self.state:
            raise StateFailure(NO_CHOICE_MATCHED, "No rule matches, and the state has no Default.")
        return Chosen(self.state, "", self.state["Default"])

    def items(self, context: Context) -> list[Item]:
        """An array, or for a distributed Map also an object, whose entries are items with a Key."""
        items_path = path.parse(self.state.get("ItemsPath", "$"))
        try:
            items = items_path.find(self._data(self._input(context), context))
        except NoMatchError as error:
            raise self._failure(REFERENCE_PATH_CONFLICT, error.conflict) from error
        if isinstance(items, dict) and is_distributed(self.state):
            return [{"Key": key, "Value": value} for key, value in items.items()]
        if not isinstance(items, list):
            # Recorded on AWS without the place.
            raise StateFailure(RUNTIME, f'Reference path "${items_path.rest}" must point to array.')
        return [{"Value": item} for item in items]

    def item_input(self, index: int, item: Item, context: Context) -> Any:
        """The ItemSelector's value, or the item itself."""
        if "ItemSelector" not in self.state:
            return item if "Key" in item else item["Value"]
        item_context = {**context, "Map": {"Item": {"Index": index, **item}}}
        return self._template(self.state["ItemSelector"], self._input(item_context), item_context)

    def part(self, field: str, context: Context) -> dict[str, Any] | None:
        if field not in self.state:
            return None
        part, data = dict(self.state[field]), self._input(context)
        if "Parameters" in part:
            part["Arguments"] = self._template(part.pop("Parameters"), data, context)
        if "BatchInput" in part:
            part["BatchInput"] = self._template(part["BatchInput"], data, context)
        return part

    def pass_on(self, context: Context, chosen: Chosen | None = None) -> Passed:
        if self.state["Type"] == "Pass":
            result = self.state["Result"] if "Result" in self.state else self.arguments(context)
            return self._passed(self.state, result, result, context)
        data = self._input(context)
        assigned = self._assigned(chosen.rule if chosen else self.state, data, context)
        return Passed(assigned, self._output(data, context))

    def pass_result(self, result: Any, context: Context) -> Passed:
        selected = result
        if "ResultSelector" in self.state:
            selected = self._template(self.state["ResultSelector"], result, context)
        return self._passed(self.state, selected, result, context)

    def pass_error(self, catcher: dict[str, Any], where: str, error: dict[str, str], context: Context) -> Passed:  # noqa: ARG002 - where: causes in JSONPath don't name the catcher
        return Passed(self._assigned(catcher, error, context), self._with_result(catcher, error))

    def _passed(self, fields: dict[str, Any], selected: Any, result: Any, context: Context) -> Passed:
        assigned = self._assigned(fields, result, context)
        return Passed(assigned, self._output(self._with_result(fields, selected), context))

    def _assigned(self, fields: dict[str, Any], data: Any, context: Context) -> dict[str, Any]:
        assigned: dict[str, Any] = self._template(fields.get("Assign", {}), data, context)
        return assigned

    def _with_result(self, fields: dict[str, Any], result: Any) -> Any:
        """The state's input with the result put at the ResultPath."""
        source = fields.get("ResultPath", "$")
        if source is None:
            return self.progress.data
        steps = path.parse(source).steps or ()
        try:
            return put(steps, self.progress.data, result)
        except NoMatchError as error:
            raise self._failure(RESULT_PATH_MATCH_FAILURE, error.conflict) from error

    def _input(self, context: Context) -> Any:
        return self._filtered("InputPath", self.progress.data, context)

    def _output(self, data: Any, context: Context) -> Any:
        return self._filtered("OutputPath", data, context)

    def _filtered(self, field: str, data: Any, context: Context) -> Any:
        source = self.state.get(field, "$")
        if source is None:
            return {}
        return data if source == "$" else self._at(source, self._data(data, context))

    def _at(self, source: str, data: Data) -> Any:
        parsed = path.parse(source)
        if not parsed.root and data.input is None:
            raise self._failure(RUNTIME, "Unable to apply Path transformation to null or empty input.")
        try:
            return parsed.find(data)
        except NoMatchError as error:
            raise self._failure(RUNTIME, f"Invalid path '{source}' : {error}") from error

    def _template(self, template: Any, data: Any, context: Context) -> Any:
        with self._placed():
            return payload_template.evaluate(template, self._data(data, context))

    def _resolve(self, text: str, field: str, data: Data) -> Any:
        with self._placed():
            return payload_template.resolve(text, field, data)

    def _data(self, data: Any, context: Context) -> Data:
        return Data(data, context, self.progress.variables)

    @contextlib.contextmanager
    def _placed(self) -> Iterator[None]:
        """Adds the place to the cause of a failure."""
        try:
            yield
        except StateFailure as failure:
            raise self._failure(failure.error, failure.cause) from failure

    def _failure(self, error: str, cause: str) -> StateFailure:
        return StateFailure(error, self.place.cause(cause))
