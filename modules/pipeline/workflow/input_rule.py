"""InputRule: something that a run's input must not be, in JSONata and in Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.pipeline.workflow.literal import literal
from modules.pipeline.workflow.names import INVALID_INPUT

PREFIX, PREFIXES, MAX_KEYS, KEY_LIST = "prefix", "prefixes", "max_keys", "key_list"
SELECT, EVERYTHING = "select", "everything"
RETRY_OF, RETRY_ERRORS = "retry_of", "retry_errors"
STARTED_BY = "started_by"

# A cause shows the beginning of a refused value, and a question mark for each character that a terminal or a log would
# obey: C0, DEL, C1, line separators, and the marks that change the direction of text.
MAX_SHOWN_CHARACTERS = 60
OBEYED = r"[\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]"

INPUT = "$states.input"
# The prefixes of an input, one or several.
_PREFIXES = f"($exists({INPUT}.{PREFIX}) ? {INPUT}.{PREFIX} : {INPUT}.{PREFIXES})"
_PREFIX_FIELD = f"($exists({INPUT}.{PREFIX}) ? '{PREFIX}' : '{PREFIXES}')"


@dataclass(frozen=True, kw_only=True)
class InputRule:
    """A rule about one field of the input. It may rely on the rules before it, such as those about types.

    Args:
        field: JSONata, the name of the field.
        condition: JSONata, whether the input breaks the rule; a boolean for any input that keeps the rules before.
        value: JSONata, the value that breaks it.
        violations: the same in Python: the name of the field and each value in it that breaks the rule.
        problem: what is wrong with the value, and what to write.
    """

    field: str
    condition: str
    value: str
    violations: Callable[[Any], tuple[str, Sequence[object]]]
    problem: str

    def choice(self) -> dict[str, object]:
        """The rule of a Choice state that ends the run, with the cause in the variable `refusal`."""
        return {
            "Condition": f"{{% {self.condition} %}}",
            "Assign": {
                "refusal": f"{{% {self.field} & ': ' & {short_text(self.value)} & {literal(' ' + self.problem)} %}}"
            },
            "Next": INVALID_INPUT,
        }

    def cause(self, run_input: object) -> str | None:
        """The cause with which the definition would end the run; None if the input keeps the rule."""
        field, values = self.violations(run_input)
        return f"{field}: {_short_text(values[0])} {self.problem}" if values else None


def field_rule(field: str, breaks: str, is_refused: Callable[[Any], bool], problem: str) -> InputRule:
    """A rule about a field's value, if the input has the field. `{}` in `breaks` stands for the value."""
    path = f"{INPUT}.{field}"
    return InputRule(
        field=f"'{field}'",
        condition=f"$exists({path}) ? ({breaks.format(path)}) : false",
        value=path,
        violations=lambda run_input: (field, [value for value in values_of(run_input, field) if is_refused(value)]),
        problem=problem,
    )


def prefix_rule(breaks: str, is_refused: Callable[[str], bool], problem: str) -> InputRule:
    """A rule about each prefix of the input, which `$` stands for in `breaks`."""
    broken = f"{_PREFIXES}[{breaks}]"
    return InputRule(
        field=_PREFIX_FIELD,
        condition=f"$exists({broken})",
        value=f"{broken}[0]",
        violations=lambda run_input: (
            PREFIX if PREFIX in run_input else PREFIXES,
            [prefix for prefix in _prefixes(run_input) if is_refused(prefix)],
        ),
        problem=problem,
    )


def values_of(run_input: Mapping[str, Any], field: str) -> list[Any]:
    return [run_input[field]] if field in run_input else []


def _prefixes(run_input: Mapping[str, Any]) -> Sequence[str]:
    prefixes: Sequence[str] = values_of(run_input, PREFIX) or run_input.get(PREFIXES, ())
    return prefixes


def short_text(value: str) -> str:
    """JSONata: a value as text that is short and harmless."""
    return (
        f"($value := {value}; $text := $replace($string($value), /{OBEYED}/, '?');"
        f" $short := $length($text) > {MAX_SHOWN_CHARACTERS}"
        f" ? $substring($text, 0, {MAX_SHOWN_CHARACTERS}) & '...' : $text;"
        " $type($value) = 'string' ? '\"' & $short & '\"' : $short)"
    )


def _short_text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = re.sub(OBEYED, "?", text)
    short = f"{text[:MAX_SHOWN_CHARACTERS]}..." if len(text) > MAX_SHOWN_CHARACTERS else text
    return f'"{short}"' if isinstance(value, str) else short
