"""A grant: what one state needs, before the grants of all states become statements."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from modules.asl.statement import Condition, Statement, allow


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Actions on resources for a need (`invoke-functions`); grants that differ in resources alone are merged."""

    need: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition | None = None


def statements_by_need(grants: Iterable[Grant]) -> dict[str, list[Statement]]:
    """The statements of each need, in the order in which the needs first appear, without those that others cover."""
    merged: dict[tuple[str, str, tuple[str, ...], str], list[str]] = {}
    conditions: dict[str, Condition | None] = {}
    for grant in grants:
        condition = json.dumps(grant.condition, sort_keys=True)
        conditions[condition] = grant.condition
        key = (grant.need, grant.sid, tuple(sorted(set(grant.actions))), condition)
        merged.setdefault(key, []).extend(grant.resources)
    needs: dict[str, list[Statement]] = {}
    for key, resources in merged.items():
        if any(other != key and _covers(other, of, key, resources) for other, of in merged.items()):
            continue
        need, sid, actions, condition = key
        statements = needs.setdefault(need, [])
        sids = {statement["Sid"] for statement in statements}
        statements.append(allow(_unique(sid, sids), list(actions), resources, conditions[condition]))
    return needs


_Key = tuple[str, str, tuple[str, ...], str]


def _covers(wide: _Key, of: list[str], narrow: _Key, resources: list[str]) -> bool:
    """Whether a statement allows all that another of the same need does, and more."""
    same = (wide[0], wide[3]) == (narrow[0], narrow[3])
    return same and set(narrow[2]) < set(wide[2]) and set(resources) <= set(of)


def _unique(sid: str, taken: set[str]) -> str:
    """The Sid, numbered where a statement of the same policy has it already."""
    number = 2
    unique = sid
    while unique in taken:
        unique = f"{sid}{number}"
        number += 1
    return unique
