"""What the `select` of a run's input must not be: anything but conditions that narrow the environment's selection."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from modules.pipeline.workflow.input_rule import INPUT, SELECT, InputRule, field_rule, values_of
from modules.pipeline.workflow.literal import literal
from modules.pipeline.workflow.select_fields import (
    LISTS,
    MOMENT,
    MOMENTS,
    SELECT_FIELDS,
    SELECTION_MAX_CHARACTERS,
    SIZES,
    age_hours,
)

Selection = Mapping[str, Any]


def select_rules(environment: Selection) -> Sequence[InputRule]:
    """The rules in their order. `environment`: the selection of the environment, which an input may narrow."""
    return (*_shape_rules(), *_type_rules(), *_narrower_rules(environment))


def _shape_rules() -> Iterator[InputRule]:
    path = f"{INPUT}.{SELECT}"
    unknown = f"$keys({path})[$not($ in {json.dumps(SELECT_FIELDS)})]"
    yield field_rule(
        SELECT,
        "$type({}) != 'object'",
        lambda value: not isinstance(value, Mapping),
        'is not an object: write conditions, such as {"suffixes": [".jpg"]}',
    )
    yield InputRule(
        field=f"'{SELECT}'",
        condition=f"$exists({unknown})",
        value=f"{unknown}[0]",
        violations=lambda run_input: (
            SELECT,
            [name for select in values_of(run_input, SELECT) for name in select if name not in SELECT_FIELDS],
        ),
        problem=f"is not a field of it: write {', '.join(SELECT_FIELDS[:-1])} or {SELECT_FIELDS[-1]}",
    )
    yield field_rule(
        SELECT,
        f"$length($string({{}})) > {SELECTION_MAX_CHARACTERS}",
        lambda value: len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) > SELECTION_MAX_CHARACTERS,
        f"has more than {SELECTION_MAX_CHARACTERS:,} characters: write fewer or shorter conditions",
    )


def _type_rules() -> Iterator[InputRule]:
    for name in LISTS:
        yield _rule(
            name,
            "$type($value) != 'array' or $count($value) = 0",
            lambda value: not isinstance(value, list) or not value,
            "is not a list of at least one text: write one, or leave it out",
        )
        yield _entry_rule(
            name,
            "$type($) != 'string'",
            lambda entry: not isinstance(entry, str),
            "is not a text: write it in quotes",
        )
    for name in SIZES:
        yield _rule(
            name,
            "$type($value) = 'number' ? $floor($value) != $value or $value < 0 : true",
            lambda value: type(value) not in (int, float) or value != value // 1 or value < 0,
            "is not a whole number of bytes: write one, or leave it out",
        )
    for name in MOMENTS:
        yield _rule(
            name,
            f"$type($value) = 'string' ? $not($contains($value, /^({MOMENT})$/)) : true",
            lambda value: not isinstance(value, str) or not re.fullmatch(MOMENT, value),
            'is neither a time nor an age: write one such as "2026-01-31T00:00:00Z", "30d" or "12h"',
        )


def _narrower_rules(environment: Selection) -> Iterator[InputRule]:
    if suffixes := environment.get("suffixes"):
        ends = " or ".join(f"$substring($, -{len(end)}) = {literal(end)}" for end in suffixes)
        yield _entry_rule(
            "suffixes",
            f"$not({ends})",
            lambda entry: not entry.endswith(tuple(suffixes)),
            f"is wider than the environment's selection: end it with {' or '.join(suffixes)}",
        )
    if classes := environment.get("storage_classes"):
        yield _entry_rule(
            "storage_classes",
            f"$not($ in {json.dumps(classes)})",
            lambda entry: entry not in classes,
            f"is not in the environment's selection: write {' or '.join(classes)}",
        )
    if least := environment.get("min_bytes"):
        yield _rule(
            "min_bytes",
            f"$value < {least}",
            lambda value: value < least,
            f"is wider than the environment's selection: write at least {least}",
        )
    if (most := environment.get("max_bytes")) is not None:
        yield _rule(
            "max_bytes",
            f"$value > {most}",
            lambda value: value > most,
            f"is wider than the environment's selection: write at most {most}",
        )
    for name, later_is_narrower in zip(MOMENTS, (True, False), strict=True):
        if moment := environment.get(name):
            yield _moment_rule(name, moment, later_is_narrower=later_is_narrower)


def _moment_rule(name: str, moment: str, *, later_is_narrower: bool) -> InputRule:
    """Two times or two ages; a time and an age can be compared only when the run starts, and both hold then."""
    narrower = "a later" if later_is_narrower else "an earlier"
    problem = f"is wider than the environment's selection: write {moment} or {narrower} one"
    if moment[-1] == "Z":
        sign = "<" if later_is_narrower else ">"
        return _rule(
            name,
            f"$substring($value, -1) = 'Z' ? $value {sign} {literal(moment)} : false",
            lambda value: value[-1] == "Z" and (value < moment if later_is_narrower else value > moment),
            problem,
        )
    sign = ">" if later_is_narrower else "<"
    hours = "$number($substring($value, 0, $length($value) - 1)) * ($substring($value, -1) = 'd' ? 24 : 1)"
    return _rule(
        name,
        f"$substring($value, -1) = 'Z' ? false : {hours} {sign} {age_hours(moment)}",
        lambda value: (
            value[-1] != "Z"
            and (age_hours(value) > age_hours(moment) if later_is_narrower else age_hours(value) < age_hours(moment))
        ),
        problem,
    )


def _rule(name: str, breaks: str, is_refused: Callable[[Any], bool], problem: str) -> InputRule:
    """A rule about one field of `select`, which $value stands for in `breaks`."""
    path = f"{INPUT}.{SELECT}.{name}"
    return InputRule(
        field=f"'{SELECT}.{name}'",
        condition=f"($value := {path}; $exists($value) ? ({breaks}) : false)",
        value=path,
        violations=lambda run_input: (
            f"{SELECT}.{name}",
            [value for value in _values(run_input, name) if is_refused(value)],
        ),
        problem=problem,
    )


def _entry_rule(name: str, breaks: str, is_refused: Callable[[Any], bool], problem: str) -> InputRule:
    """A rule about each entry of a list in `select`, which `$` stands for in `breaks`."""
    broken = f"{INPUT}.{SELECT}.{name}[{breaks}]"
    return InputRule(
        field=f"'{SELECT}.{name}'",
        condition=f"$exists({broken})",
        value=f"{broken}[0]",
        violations=lambda run_input: (
            f"{SELECT}.{name}",
            [entry for value in _values(run_input, name) for entry in value if is_refused(entry)],
        ),
        problem=problem,
    )


def _values(run_input: Mapping[str, Any], name: str) -> list[Any]:
    return [select[name] for select in values_of(run_input, SELECT) if name in select]
