"""What a run's input must not be: the rules that its first state applies, and `mapspan run` before it starts one.

Each rule is written twice: in JSONata for the definition, and in Python for the command line, which is installed
without a JSONata engine. A test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.pipeline.workflow.literal import literal
from modules.pipeline.workflow.names import INVALID_INPUT, INVENTORY, KEY_LISTS, REPLICATION, KeySourceName

PREFIX, PREFIXES, MAX_KEYS, KEY_LIST = "prefix", "prefixes", "max_keys", "key_list"
FIELDS = (PREFIX, PREFIXES, MAX_KEYS, KEY_LIST)

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
KEY_MAX_BYTES = 1024
# One key list: `key-lists/<execution>/` alone holds several, and `key-lists/` those of every run.
ONE_KEY_LIST = rf"^{KEY_LISTS}[^/]+/[^/]+"

# A cause shows the beginning of a refused value, and a question mark for each character that a terminal or a log would
# obey: C0, DEL, C1, line separators, and the marks that change the direction of text.
SHOWN_CHARACTERS = 60
_OBEYED = r"[\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]"

_INPUT = "$states.input"
# The prefixes of an input, one or several.
_PREFIXES = f"($exists({_INPUT}.{PREFIX}) ? {_INPUT}.{PREFIX} : {_INPUT}.{PREFIXES})"
_PREFIX_FIELD = f"($exists({_INPUT}.{PREFIX}) ? '{PREFIX}' : '{PREFIXES}')"


@dataclass(frozen=True, kw_only=True)
class InputRule:
    """A rule about one field of the input. It may rely on the rules before it, such as those about types.

    Args:
        field: JSONata, the name of the field.
        condition: JSONata, whether the input breaks the rule; a boolean for any input that keeps the rules before.
        value: JSONata, the value that breaks it.
        refused: the same in Python: the name of the field and each value in it that breaks the rule.
        problem: what is wrong with the value, and what to write.
    """

    field: str
    condition: str
    value: str
    refused: Callable[[Any], tuple[str, Sequence[object]]]
    problem: str

    def choice(self) -> dict[str, object]:
        """The rule of a Choice state that ends the run, with the cause in the variable `refusal`."""
        return {
            "Condition": f"{{% {self.condition} %}}",
            "Assign": {"refusal": f"{{% {self.field} & ': ' & {shown(self.value)} & {literal(' ' + self.problem)} %}}"},
            "Next": INVALID_INPUT,
        }

    def cause(self, run_input: object) -> str | None:
        """The cause with which the definition would end the run; None if the input keeps the rule."""
        field, values = self.refused(run_input)
        return f"{field}: {_shown(values[0])} {self.problem}" if values else None


def input_rules(key_source: KeySourceName, *, allowed: Sequence[str]) -> tuple[InputRule, ...]:
    """The rules in their order. `allowed`: the prefixes that a run may process; none, or "", for the whole bucket."""
    return (
        *_shape_rules(),
        *_type_rules(),
        *_key_list_rules(),
        *_prefix_rules(),
        *([_allowed_rule(allowed)] if allowed and "" not in allowed else []),
        *([_whole_inventory_rule(allowed)] if key_source == INVENTORY else []),
        *([_one_prefix_rule()] if key_source == REPLICATION else []),
    )


def refusal(run_input: object, rules: Sequence[InputRule]) -> str | None:
    """The cause with which a run of this input would end in InvalidInput; None if the rules allow the input.

    Whether a key list exists is checked by the run alone.
    """
    return next((cause for rule in rules if (cause := rule.cause(run_input)) is not None), None)


def shown(value: str) -> str:
    """JSONata: a value as text that is short and harmless."""
    return (
        f"($value := {value}; $text := $replace($string($value), /{_OBEYED}/, '?');"
        f" $short := $length($text) > {SHOWN_CHARACTERS} ? $substring($text, 0, {SHOWN_CHARACTERS}) & '...' : $text;"
        " $type($value) = 'string' ? '\"' & $short & '\"' : $short)"
    )


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = re.sub(_OBEYED, "?", text)
    short = f"{text[:SHOWN_CHARACTERS]}..." if len(text) > SHOWN_CHARACTERS else text
    return f'"{short}"' if isinstance(value, str) else short


def _shape_rules() -> Sequence[InputRule]:
    unknown = f"$keys({_INPUT})[$not($ in {json.dumps(FIELDS)})]"
    return (
        InputRule(
            field="'input'",
            condition=f"$type({_INPUT}) != 'object'",
            value=_INPUT,
            refused=lambda given: ("input", [] if isinstance(given, Mapping) else [given]),
            problem="is not an object: write {} for everything that the environment allows",
        ),
        InputRule(
            field="'input'",
            condition=f"$exists({unknown})",
            value=f"{unknown}[0]",
            refused=lambda given: ("input", [name for name in given if name not in FIELDS]),
            problem=f"is not a field of it: write {', '.join(FIELDS[:-1])} or {FIELDS[-1]}",
        ),
    )


def _type_rules() -> Sequence[InputRule]:
    several = f"{_INPUT}.{PREFIXES}"
    not_text = f"{several}[$type($) != 'string']"
    return (
        _field_rule(
            PREFIX,
            "$type({}) != 'string'",
            lambda value: not isinstance(value, str),
            'is not a text: write the beginning of the keys, such as "2026/"',
        ),
        _field_rule(
            PREFIXES,
            "$type({0}) != 'array' or $count({0}) = 0",
            lambda value: not isinstance(value, list) or not value,
            'is not a list of at least one prefix: write one, such as ["2026/"], or leave it out',
        ),
        InputRule(
            field=f"'{PREFIXES}'",
            condition=f"$exists({not_text})",
            value=f"{several}[$type($) != 'string'][0]",
            refused=lambda given: (PREFIXES, [each for each in given.get(PREFIXES, ()) if not isinstance(each, str)]),
            problem='is not a text: write the beginning of the keys, such as "2026/"',
        ),
        InputRule(
            field=f"'{PREFIX}'",
            condition=f"$exists({_INPUT}.{PREFIX}) and $exists({several})",
            value=f"{_INPUT}.{PREFIX}",
            refused=lambda given: (PREFIX, [given[PREFIX]] if {PREFIX, PREFIXES} <= set(given) else []),
            problem=f"is given beside {PREFIXES}: write all of them in {PREFIXES}",
        ),
        _field_rule(
            MAX_KEYS,
            # A conditional, because $floor fails for anything but a number.
            "$type({0}) = 'number' ? $floor({0}) != {0} or {0} < 1 : true",
            lambda value: type(value) not in (int, float) or value != value // 1 or value < 1,
            "is not a whole number of at least 1: write one, or leave it out for all keys",
        ),
    )


def _key_list_rules() -> Sequence[InputRule]:
    given, prefix = f"{_INPUT}.{KEY_LIST}", f"{_INPUT}.{KEY_LIST}.{PREFIX}"
    one_list = re.compile(ONE_KEY_LIST)
    return (
        _field_rule(
            KEY_LIST,
            f"$type({{0}}) = 'object' ? $count($keys({{0}})) != 1 or $type({{0}}.{PREFIX}) != 'string'"
            f" or $not($exists({{0}}.{PREFIX})) : true",
            lambda value: (
                not isinstance(value, Mapping) or set(value) != {PREFIX} or not isinstance(value[PREFIX], str)
            ),
            f'is not an object with a {PREFIX} alone: write {{"{PREFIX}": "{KEY_LISTS}<execution>/retry/"}}',
        ),
        InputRule(
            field=f"'{KEY_LIST}'",
            condition=f"$exists({given}) and $count($keys({_INPUT})) > 1",
            value=prefix,
            refused=lambda run_input: (
                KEY_LIST,
                [run_input[KEY_LIST][PREFIX]] if KEY_LIST in run_input and len(run_input) > 1 else [],
            ),
            problem=f"is processed whole: leave out {PREFIX}, {PREFIXES} and {MAX_KEYS}",
        ),
        InputRule(
            field=f"'{KEY_LIST}.{PREFIX}'",
            condition=f"$exists({prefix}) and $not($contains({prefix}, /{ONE_KEY_LIST.replace('/', chr(92) + '/')}/))",
            value=prefix,
            refused=lambda run_input: (
                f"{KEY_LIST}.{PREFIX}",
                [value["prefix"] for value in _values(run_input, KEY_LIST) if not one_list.match(value["prefix"])],
            ),
            problem=f"is not one key list: write {KEY_LISTS}<execution>/retry/ or {KEY_LISTS}<execution>/listed/",
        ),
    )


def _prefix_rules() -> Sequence[InputRule]:
    return (
        _prefix_rule(
            "$substring($, 0, 5) = 's3://'",
            lambda prefix: prefix.startswith("s3://"),
            "names the bucket: write the beginning of the keys, without s3:// and the bucket's name",
        ),
        _prefix_rule(
            "$substring($, 0, 1) = '/'",
            lambda prefix: prefix.startswith("/"),
            "begins with a slash, and keys in a folder do not: remove the first slash",
        ),
        _prefix_rule(
            # A character has at most 4 bytes. JSONata counts bytes only in a URL: %20 is one.
            f"$length($) > {KEY_MAX_BYTES // 4} ? $length($replace($encodeUrlComponent($), /%[0-9A-F]{{2}}/, '-'))"
            f" > {KEY_MAX_BYTES} : false",
            lambda prefix: len(prefix.encode(errors="surrogatepass")) > KEY_MAX_BYTES,
            f"is longer than {KEY_MAX_BYTES:,} bytes, the length of the longest key: write a shorter one",
        ),
    )


def _allowed_rule(allowed: Sequence[str]) -> InputRule:
    begins = " or ".join(f"$substring($, 0, $length({literal(start)})) = {literal(start)}" for start in allowed)
    return _prefix_rule(
        f"$not({begins})",
        lambda prefix: not prefix.startswith(tuple(allowed)),
        f"is outside of what this environment may list: begin it with {' or '.join(allowed)}, or add it to"
        " source.prefixes and deploy",
    )


def _whole_inventory_rule(allowed: Sequence[str]) -> InputRule:
    whole = next(iter(allowed), "")
    return _prefix_rule(
        f"$ != {literal(whole)}",
        lambda prefix: prefix != whole,
        f"is a part of an inventory, and a run takes all of it: leave out {PREFIX} and {PREFIXES}, pass {MAX_KEYS} or a"
        f" {KEY_LIST}, or use the listing as key source",
    )


def _one_prefix_rule() -> InputRule:
    return _field_rule(
        PREFIXES,
        "$count({}) > 1",
        lambda value: len(value) > 1,
        "are several, and a Map lists one prefix of the replica: start a run for each, or one without any for all that"
        " is replicated",
    )


def _field_rule(field: str, breaks: str, is_refused: Callable[[Any], bool], problem: str) -> InputRule:
    """A rule about a field's value, if the input has the field. `{}` in `breaks` stands for the value."""
    value = f"{_INPUT}.{field}"
    return InputRule(
        field=f"'{field}'",
        condition=f"$exists({value}) ? ({breaks.format(value)}) : false",
        value=value,
        refused=lambda run_input: (field, [each for each in _values(run_input, field) if is_refused(each)]),
        problem=problem,
    )


def _prefix_rule(breaks: str, is_refused: Callable[[str], bool], problem: str) -> InputRule:
    """A rule about each prefix of the input, which `$` stands for in `breaks`."""
    broken = f"{_PREFIXES}[{breaks}]"
    return InputRule(
        field=_PREFIX_FIELD,
        condition=f"$exists({broken})",
        value=f"{broken}[0]",
        refused=lambda run_input: (
            PREFIX if PREFIX in run_input else PREFIXES,
            [prefix for prefix in _prefixes(run_input) if is_refused(prefix)],
        ),
        problem=problem,
    )


def _values(run_input: Mapping[str, Any], field: str) -> list[Any]:
    return [run_input[field]] if field in run_input else []


def _prefixes(run_input: Mapping[str, Any]) -> Sequence[str]:
    prefixes: Sequence[str] = _values(run_input, PREFIX) or run_input.get(PREFIXES, ())
    return prefixes
