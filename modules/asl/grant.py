"""Grants: what single states need. The grants of all states are merged into statements."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from modules.asl.statement import Condition, Statement, allow

# The needs whose policy names the machine, so it is created after the machine. All other policies come before it: AWS
# refuses a machine with logging until its role may deliver logs.
AFTER_THE_MACHINE = frozenset({"run-map"})


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Actions on resources for a need, such as `invoke-functions`. Grants that differ only in resources are merged."""

    need: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition | None = None


def statements_by_need(grants: Iterable[Grant]) -> dict[str, list[Statement]]:
    """The statements of each need, in the order in which the needs first appear.

    A statement that another one covers is left out. Of two needs with the same permission, the later one keeps it: a
    Map's need says more than that of a Task before it.
    """
    merged: dict[tuple[str, str, tuple[str, ...], str], list[str]] = {}
    conditions: dict[str, Condition | None] = {}
    for grant in grants:
        condition = json.dumps(grant.condition, sort_keys=True)
        conditions[condition] = grant.condition
        key = (grant.need, grant.sid, tuple(sorted(set(grant.actions))), condition)
        merged.setdefault(key, []).extend(grant.resources)
    needs: dict[str, list[Statement]] = {}
    keys = list(merged)
    for number, (key, resources) in enumerate(merged.items()):
        if any(other != key and _covers(other, merged[other], key, resources) for other in keys):
            continue
        if any(_repeats(other, merged[other], key, resources) for other in keys[number + 1 :]):
            continue
        need, sid, actions, condition = key
        statements = needs.setdefault(need, [])
        sids = {statement["Sid"] for statement in statements}
        statements.append(allow(unique_sid(sid, sids), list(actions), resources, conditions[condition]))
    return needs


_Key = tuple[str, str, tuple[str, ...], str]  # need, Sid, actions, condition as JSON


def _covers(wide: _Key, wide_resources: list[str], narrow: _Key, narrow_resources: list[str]) -> bool:
    """Whether a statement allows everything that another one of the same need allows, and more."""
    same = (wide[0], wide[3]) == (narrow[0], narrow[3])
    return same and set(narrow[2]) < set(wide[2]) and set(narrow_resources) <= set(wide_resources)


def _repeats(later: _Key, later_resources: list[str], key: _Key, resources: list[str]) -> bool:
    """Whether a statement of another need allows the same. Not one that the machine's first execution may not have."""
    same = (later[2], later[3]) == (key[2], key[3]) and set(resources) <= set(later_resources)
    return same and later[0] not in AFTER_THE_MACHINE


def unique_sid(sid: str, taken: set[str]) -> str:
    """The Sid, with a number if another statement of the same policy has it already."""
    number = 2
    unique = sid
    while unique in taken:
        unique = f"{sid}{number}"
        number += 1
    return unique
