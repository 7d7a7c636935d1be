"""What Step Functions refuses in a state in JSONPath, before anything runs.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from collections.abc import Callable, Iterator
from typing import Any

from local_cloud.step_functions.json_path import intrinsic, path
from local_cloud.step_functions.json_path.choice_rule import OPERATORS, PATH_OPERATORS
from local_cloud.step_functions.json_path.payload_template import is_call
from local_cloud.step_functions.timestamp import parse_timestamp

_COMMON = frozenset({"Type", "Comment", "QueryLanguage"})
_NEXT = frozenset({"Next", "End"})
_FILTERS = frozenset({"InputPath", "OutputPath"})
_RESULTS = frozenset({"ResultSelector", "ResultPath", "Retry", "Catch"}) | _FILTERS
# The fields that have a variant ending in Path. A state has one of the two.
_NUMBERS = (
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "MaxConcurrency",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
)
_TASK_NUMBERS, _MAP_NUMBERS = _NUMBERS[:2], _NUMBERS[2:]


def _with_paths(*names: str) -> frozenset[str]:
    return frozenset({*names, *(f"{name}Path" for name in names)})


_FIELDS = {
    "Task": _RESULTS | _NEXT | {"Resource", "Credentials", "Parameters", "Assign"} | _with_paths(*_TASK_NUMBERS),
    "Parallel": _RESULTS | _NEXT | {"Branches", "Parameters", "Assign"},
    "Map": _RESULTS
    | _NEXT
    | {"ItemProcessor", "ItemSelector", "ItemsPath", "ItemReader", "ItemBatcher", "ResultWriter", "Label", "Assign"}
    | _with_paths(*_MAP_NUMBERS),
    "Pass": _FILTERS | _NEXT | {"Result", "Parameters", "ResultPath", "Assign"},
    "Wait": _FILTERS | _NEXT | {"Assign"} | _with_paths("Seconds", "Timestamp"),
    "Choice": _FILTERS | {"Choices", "Default", "Assign"},
    "Succeed": _FILTERS,
    "Fail": _with_paths("Error", "Cause"),
}
_REQUIRED = {"Task": "Resource", "Parallel": "Branches", "Map": "ItemProcessor", "Choice": "Choices"}
# JSONata's fields, and what a state in JSONPath has in their place.
_JSONATA = {
    "Arguments": "Parameters",
    "Output": "ResultSelector, ResultPath and OutputPath",
    "Items": "ItemsPath",
    "Condition": "Variable and an operator",
}
_PATHS = frozenset({*_FILTERS, "ItemsPath", "SecondsPath", "TimestampPath", *(f"{name}Path" for name in _NUMBERS)})
_PARTS = ("ItemReader", "ItemBatcher", "ResultWriter")
_TEMPLATES = ("Parameters", "ItemSelector", "ResultSelector", "Assign")
_RULE = frozenset({"Next", "Assign", "Comment"})
_CATCHER = frozenset({"ErrorEquals", "Next", "ResultPath", "Assign", "Comment"})


def json_path_problems(state: dict[str, Any], where: str) -> Iterator[str]:
    """The problems of a state's own fields. `where` is the state's path, such as `/States/S`."""
    kind = state["Type"]
    yield from _unknown_fields(state, _COMMON | _FIELDS[kind], where)
    if (required := _REQUIRED.get(kind)) and not state.get(required):
        empty = "Value cannot be empty" if required in state else f"The field '{required}' is required but was missing"
        yield f"{empty} at {where}{'/' + required if required in state else ''}"
    if {"Next", "End"} <= _FIELDS[kind] and ("Next" in state) == (state.get("End") is True):
        yield f"a {kind} needs either Next or End at {where}"
    yield from _pairs(state, where)
    for name, value in state.items():
        yield from _field_problems(name, value, f"{where}/{name}")
    for index, catcher in enumerate(state.get("Catch", [])):
        place = f"{where}/Catch[{index}]"
        yield from _unknown_fields(catcher, _CATCHER, place)
        for name, value in catcher.items():
            yield from _field_problems(name, value, f"{place}/{name}")
    for index, rule in enumerate(state.get("Choices", [])):
        yield from _rule_problems(rule, f"{where}/Choices[{index}]", outer=True)


def _unknown_fields(fields: dict[str, Any], known: frozenset[str], where: str) -> Iterator[str]:
    for name in fields:
        if name in known:
            continue
        if name in _JSONATA:
            yield f"{name} belongs to JSONata; use {_JSONATA[name]} in JSONPath at {where}/{name}"
        else:
            yield f"Field is not supported at {where}/{name}"


def _pairs(state: dict[str, Any], where: str) -> Iterator[str]:
    """A literal beside its path, and a Wait without exactly one of its four fields."""
    for name in (*_NUMBERS, "Error", "Cause"):
        if {name, f"{name}Path"} <= state.keys():
            yield f"a state has either {name} or {name}Path at {where}"
    if state["Type"] == "Wait":
        given = _with_paths("Seconds", "Timestamp") & state.keys()
        if len(given) != 1:
            yield f"a Wait needs one of Seconds, SecondsPath, Timestamp and TimestampPath at {where}"


def _field_problems(name: str, value: Any, where: str) -> Iterator[str]:
    if name in _PATHS:
        if value is not None or name not in _FILTERS:
            yield from _path_problems(value, where)
    elif name == "ResultPath":
        if value is not None:
            yield from _reference_problems(value, where)
    elif name in {"ErrorPath", "CausePath"}:
        yield from _dynamic_problems(name, value, where)
    elif name in _TEMPLATES:
        yield from _template_problems(value, where)
    elif name in _PARTS:
        yield from _part_problems(value, where)
    elif name in {"Seconds", *_TASK_NUMBERS} and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        yield f"a whole number of 0 or more is expected at {where}"


def _part_problems(part: dict[str, Any], where: str) -> Iterator[str]:
    """An ItemReader, an ItemBatcher or a ResultWriter."""
    if "Arguments" in part:
        yield f"Arguments belongs to JSONata; use Parameters in JSONPath at {where}/Arguments"
    for name in ("Parameters", "BatchInput"):
        yield from _template_problems(part.get(name, {}), f"{where}/{name}")
    for holder, place in ((part, where), (part.get("ReaderConfig", {}), f"{where}/ReaderConfig")):
        for name in ("MaxItems", "MaxItemsPerBatch", "MaxInputBytesPerBatch"):
            if f"{name}Path" in holder:
                yield from _path_problems(holder[f"{name}Path"], f"{place}/{name}Path")
                if name in holder:
                    yield f"a state has either {name} or {name}Path at {place}"


def _template_problems(template: Any, where: str) -> Iterator[str]:
    if isinstance(template, dict):
        for name, value in template.items():
            if name.endswith(".$"):
                yield from _dynamic_problems(name, value, where)
            else:
                yield from _template_problems(value, f"{where}/{name}")
    elif isinstance(template, list):
        for index, value in enumerate(template):
            yield from _template_problems(value, f"{where}[{index}]")


def _dynamic_problems(name: str, value: Any, where: str) -> Iterator[str]:
    """A path or a call of an intrinsic function."""
    parse = intrinsic.parse if isinstance(value, str) and is_call(value) else path.parse
    if not _parses(parse, value):
        yield f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call at {where}"


def _path_problems(value: Any, where: str) -> Iterator[str]:
    if not _parses(path.parse, value):
        yield f"Value is not a valid JSONPath at {where}"


def _reference_problems(value: Any, where: str) -> Iterator[str]:
    """A ResultPath names one place in the state's input."""
    if not _parses(path.parse, value) or (parsed := path.parse(value)).steps is None or parsed.root or parsed.function:
        yield f"Value is not a Reference Path at {where}"


def _parses(parse: Callable[[str], object], value: Any) -> bool:
    try:
        parse(value)
    except (ValueError, TypeError):
        return False
    return True


def _rule_problems(rule: dict[str, Any], where: str, *, outer: bool = False) -> Iterator[str]:
    """`outer`: it isn't inside And, Or or Not, so it has a Next and may assign variables."""
    combined = {"And", "Or", "Not"} & rule.keys()
    operators = OPERATORS & rule.keys()
    yield from _unknown_fields(
        rule, OPERATORS | {"And", "Or", "Not", "Variable"} | (_RULE if outer else {"Comment"}), where
    )
    if outer and "Next" not in rule:
        yield f"The field 'Next' is required but was missing at {where}"
    yield from _template_problems(rule.get("Assign", {}), f"{where}/Assign")
    if len(combined) + len(operators) != 1 or bool(combined) == ("Variable" in rule):
        yield f"a rule has one of And, Or and Not, or a Variable and one operator at {where}"
        return
    for name in combined:
        yield from _combined_problems(name, rule[name], f"{where}/{name}")
    for name in operators:
        yield from _path_problems(rule["Variable"], f"{where}/Variable")
        yield from _operand_problems(name, rule[name], f"{where}/{name}")


def _combined_problems(name: str, rules: Any, where: str) -> Iterator[str]:
    if name == "Not":
        yield from _rule_problems(rules, where)
        return
    if not rules:
        yield f"Value cannot be empty at {where}"
    for index, inner in enumerate(rules):
        yield from _rule_problems(inner, f"{where}[{index}]")


def _operand_problems(name: str, value: Any, where: str) -> Iterator[str]:
    if name in PATH_OPERATORS:
        yield from _path_problems(value, where)
    elif name.startswith("Timestamp"):
        if not isinstance(value, str) or parse_timestamp(value) is None:
            yield f"String does not match RFC3339 timestamp at {where}"
    elif name.startswith("Numeric"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"a number is expected at {where}"
    elif name.startswith("String"):
        if not isinstance(value, str):
            yield f"a string is expected at {where}"
    elif not isinstance(value, bool):
        yield f"a boolean is expected at {where}"
