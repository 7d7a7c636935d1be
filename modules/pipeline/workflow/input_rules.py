"""What a run's input must not be: the rules that its first state applies, and `mapspan run` before it starts one.

Each rule is written twice: in JSONata for the definition, and in Python for the command line, which is installed
without a JSONata engine. A test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from modules.asl.quotas import KEY_MAX_BYTES
from modules.pipeline.workflow.input_rule import (
    EVERYTHING,
    INPUT,
    KEY_LIST,
    MAX_KEYS,
    OBEYED,
    PREFIX,
    PREFIXES,
    RETRY_ERRORS,
    RETRY_OF,
    SELECT,
    STARTED_BY,
    InputRule,
    field_rule,
    prefix_rule,
    values_of,
)
from modules.pipeline.workflow.literal import literal
from modules.pipeline.workflow.names import INVENTORY, KEY_LISTS, REPLICATION, KeySourceName
from modules.pipeline.workflow.retry_rules import retry_rules
from modules.pipeline.workflow.select_rules import Selection, select_rules

# The fields that choose keys. A key list has been chosen already.
CHOICES = (PREFIX, PREFIXES, MAX_KEYS, SELECT, EVERYTHING)
FIELDS = (*CHOICES, KEY_LIST, RETRY_OF, RETRY_ERRORS, STARTED_BY)

STARTED_BY_CHARACTERS = 256

# One key list: `key-lists/<execution>/` alone holds several, and `key-lists/` those of every run.
ONE_KEY_LIST = rf"^{KEY_LISTS}[^/]+/[^/]+"


def input_rules(
    key_source: KeySourceName, *, allowed: Sequence[str], select: Selection | None = None, incremental: bool = False
) -> tuple[InputRule, ...]:
    """The rules in their order.

    `allowed`: the prefixes that a run may process; none, or "", for the whole bucket. `select`: the environment's
    selection. `incremental`: whether a run leaves out what an earlier one processed.
    """
    return (
        *_shape_rules(),
        *_type_rules(),
        *select_rules(select or {}),
        _everything_rule(incremental=incremental),
        *_key_list_rules(),
        *retry_rules(),
        _started_by_rule(),
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


def _shape_rules() -> Sequence[InputRule]:
    unknown = f"$keys({INPUT})[$not($ in {json.dumps(FIELDS)})]"
    return (
        InputRule(
            field="'input'",
            condition=f"$type({INPUT}) != 'object'",
            value=INPUT,
            violations=lambda run_input: ("input", [] if isinstance(run_input, Mapping) else [run_input]),
            problem="is not an object: write {} for everything that the environment allows",
        ),
        InputRule(
            field="'input'",
            condition=f"$exists({unknown})",
            value=f"{unknown}[0]",
            violations=lambda run_input: ("input", [name for name in run_input if name not in FIELDS]),
            problem=f"is not a field of it: write {', '.join(FIELDS[:-1])} or {FIELDS[-1]}",
        ),
    )


def _type_rules() -> Sequence[InputRule]:
    several = f"{INPUT}.{PREFIXES}"
    not_text = f"{several}[$type($) != 'string']"
    return (
        field_rule(
            PREFIX,
            "$type({}) != 'string'",
            lambda value: not isinstance(value, str),
            'is not a text: write the beginning of the keys, such as "2026/"',
        ),
        field_rule(
            PREFIXES,
            "$type({0}) != 'array' or $count({0}) = 0",
            lambda value: not isinstance(value, list) or not value,
            'is not a list of at least one prefix: write one, such as ["2026/"], or leave it out',
        ),
        InputRule(
            field=f"'{PREFIXES}'",
            condition=f"$exists({not_text})",
            value=f"{several}[$type($) != 'string'][0]",
            violations=lambda run_input: (
                PREFIXES,
                [prefix for prefix in run_input.get(PREFIXES, ()) if not isinstance(prefix, str)],
            ),
            problem='is not a text: write the beginning of the keys, such as "2026/"',
        ),
        InputRule(
            field=f"'{PREFIX}'",
            condition=f"$exists({INPUT}.{PREFIX}) and $exists({several})",
            value=f"{INPUT}.{PREFIX}",
            violations=lambda run_input: (PREFIX, [run_input[PREFIX]] if {PREFIX, PREFIXES} <= set(run_input) else []),
            problem=f"is given beside {PREFIXES}: write all of them in {PREFIXES}",
        ),
        field_rule(
            MAX_KEYS,
            # A conditional, because $floor fails for anything but a number.
            "$type({0}) = 'number' ? $floor({0}) != {0} or {0} < 1 : true",
            lambda value: type(value) not in (int, float) or value != value // 1 or value < 1,
            "is not a whole number of at least 1: write one, or leave it out for all keys",
        ),
    )


def _everything_rule(*, incremental: bool) -> InputRule:
    if incremental:
        return field_rule(
            EVERYTHING,
            "{} != true",
            lambda value: value is not True,
            "is not true: write true to process everything again, or leave it out for what has changed",
        )
    return field_rule(
        EVERYTHING,
        "true",
        lambda _: True,
        'is not used here, because each run processes everything unless select.changed_since = "last-success": leave it'
        " out",
    )


def _key_list_rules() -> Sequence[InputRule]:
    key_list, prefix = f"{INPUT}.{KEY_LIST}", f"{INPUT}.{KEY_LIST}.{PREFIX}"
    one_list = re.compile(ONE_KEY_LIST)
    return (
        field_rule(
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
            condition=f"$exists({key_list}) and $exists($keys({INPUT})[$ in {json.dumps(CHOICES)}])",
            value=prefix,
            violations=lambda run_input: (
                KEY_LIST,
                [value[PREFIX] for value in values_of(run_input, KEY_LIST) if set(CHOICES) & set(run_input)],
            ),
            problem=f"is processed whole: leave out {', '.join(CHOICES[:-1])} and {CHOICES[-1]}",
        ),
        InputRule(
            field=f"'{KEY_LIST}.{PREFIX}'",
            condition=f"$exists({prefix}) and $not($contains({prefix}, /{ONE_KEY_LIST.replace('/', chr(92) + '/')}/))",
            value=prefix,
            violations=lambda run_input: (
                f"{KEY_LIST}.{PREFIX}",
                [value["prefix"] for value in values_of(run_input, KEY_LIST) if not one_list.match(value["prefix"])],
            ),
            problem=f"is not one key list: write {KEY_LISTS}<execution>/retry/ or {KEY_LISTS}<execution>/listed/",
        ),
    )


def _started_by_rule() -> InputRule:
    return field_rule(
        STARTED_BY,
        # A conditional, because $contains fails for anything but a text.
        f"$type({{0}}) = 'string' ? $length({{0}}) < 1 or $length({{0}}) > {STARTED_BY_CHARACTERS}"
        f" or $contains({{0}}, /{OBEYED}/) : true",
        lambda value: (
            not isinstance(value, str)
            or not 1 <= len(value) <= STARTED_BY_CHARACTERS
            or re.search(OBEYED, value) is not None
        ),
        f"is not a text of 1 to {STARTED_BY_CHARACTERS} characters without control characters: write who starts the"
        " run, or leave it out",
    )


def _prefix_rules() -> Sequence[InputRule]:
    return (
        prefix_rule(
            "$substring($, 0, 5) = 's3://'",
            lambda prefix: prefix.startswith("s3://"),
            "names the bucket: write the beginning of the keys, without s3:// and the bucket's name",
        ),
        prefix_rule(
            "$substring($, 0, 1) = '/'",
            lambda prefix: prefix.startswith("/"),
            "begins with a slash, and keys in a folder do not: remove the first slash",
        ),
        prefix_rule(
            # A character has at most 4 bytes. JSONata counts bytes only in a URL: %20 is one.
            f"$length($) > {KEY_MAX_BYTES // 4} ? $length($replace($encodeUrlComponent($), /%[0-9A-F]{{2}}/, '-'))"
            f" > {KEY_MAX_BYTES} : false",
            lambda prefix: len(prefix.encode(errors="surrogatepass")) > KEY_MAX_BYTES,
            f"is longer than {KEY_MAX_BYTES:,} bytes, the length of the longest key: write a shorter one",
        ),
    )


def _allowed_rule(allowed: Sequence[str]) -> InputRule:
    begins = " or ".join(f"$substring($, 0, $length({literal(start)})) = {literal(start)}" for start in allowed)
    return prefix_rule(
        f"$not({begins})",
        lambda prefix: not prefix.startswith(tuple(allowed)),
        f"is outside of what this environment may list: begin it with {' or '.join(allowed)}, or add it to"
        " source.prefixes and deploy",
    )


def _whole_inventory_rule(allowed: Sequence[str]) -> InputRule:
    whole = next(iter(allowed), "")
    return prefix_rule(
        f"$ != {literal(whole)}",
        lambda prefix: prefix != whole,
        f"is a part of an inventory, and a run takes all of it: leave out {PREFIX} and {PREFIXES}, pass {MAX_KEYS} or a"
        f" {KEY_LIST}, or use the listing as key source",
    )


def _one_prefix_rule() -> InputRule:
    return field_rule(
        PREFIXES,
        "$count({}) > 1",
        lambda value: len(value) > 1,
        "are several, and a Map lists one prefix of the replica: start a run for each, or one without any for all that"
        " is replicated",
    )
