"""The access table: who may do what with either account's buckets and keys, before and after, as IAM decides it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from environments.environment import Environment
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policies import principals
from mapspan.review.changes.widening import covers
from mapspan.review.iam.accounts import ACCOUNT_OF
from mapspan.review.iam.simulator import STRANGER, Simulator, UndecidableError
from mapspan.review.who_may.places import Place, places, with_neighbours
from mapspan.review.who_may.world import World, world

SERVICES = ("s3", "kms")

# Of the sides that decide, "own" is where the caller's policies alone allow it, "other" where the resource's alone
# does, and "untold" where the caller's do and the plan doesn't tell the resource's.
State = Literal["yes", "own", "other", "untold", "no"]


@dataclass(frozen=True, order=True)
class Principal:
    """Who makes calls.

    Args:
        arn: the ARN to decide for; of those that stand for many, an example.
        name: who they are: a role's ARN, a service, `account 123456789012`, `anyone`.
        ours: whether the plan has their own policies; others are taken to be allowed everything by theirs.
    """

    arn: str
    name: str
    ours: bool


@dataclass(frozen=True, order=True)
class Access:
    """What a principal may do at a place, before and after."""

    principal: Principal
    place: Place
    before: State
    after: State
    actions: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return self.before != self.after

    @property
    def gains(self) -> bool:
        """Whether more is let through than before, if only on one side."""
        return _RANK[self.after] > _RANK[self.before]


_RANK: Mapping[State, int] = {"no": 0, "own": 1, "other": 1, "untold": 2, "yes": 3}


@dataclass(frozen=True, kw_only=True)
class AccessTable:
    """Everyone's access, row by row.

    Args:
        undecided: why nothing was decided: the engine isn't installed, or a policy is unsound. There are no rows then.
    """

    rows: Sequence[Access]
    undecided: str | None = None

    @property
    def changed(self) -> list[Access]:
        return [row for row in self.rows if row.changes]


def access_table(plan: Plan, environment: Environment, simulator: Simulator | None = None) -> AccessTable:
    """Everything that anyone may do, decided by simulation of the policies before and after.

    Args:
        simulator: one that runs already; by default one is started for this table.
    """
    regions = {
        environment.source.account_id: environment.source_region,
        environment.target.account_id: environment.region,
    }
    before, after = (with_neighbours(world(plan, moment, environment), regions) for moment in ("before", "after"))
    try:
        with contextlib.nullcontext(simulator) if simulator else Simulator() as running:
            return AccessTable(rows=compared(running, before, after))
    except UndecidableError as error:
        return AccessTable(rows=(), undecided=str(error))


def compared(simulator: Simulator, before: World, after: World) -> list[Access]:
    """The rows of both worlds; what is allowed in neither has none.

    Raises:
        UndecidableError: a policy names what is no ARN, or an action that IAM doesn't know.
    """
    everywhere = places((before, after))
    rows: list[Access] = []
    for principal in _principals((before, after)):
        was = _states(simulator, before, principal, everywhere)
        becomes = was if before == after else _states(simulator, after, principal, everywhere)
        rows += _rows(principal, everywhere, was, becomes)
    return sorted(rows)


def _rows(
    principal: Principal,
    everywhere: Sequence[Place],
    before: Mapping[tuple[Place, str], State],
    after: Mapping[tuple[Place, str], State],
) -> Iterator[Access]:
    pairs = {key: (before.get(key, "no"), after.get(key, "no")) for key in {*before, *after}}
    for place in everywhere:
        wider = [each for each in everywhere if each != place and _within(place, each)]
        grouped: dict[tuple[State, State], list[str]] = {}
        for (where, action), pair in pairs.items():
            # What holds for all of a bucket, or whatever the conditions, needs no line for each part of it.
            if where == place and not any(pairs.get((each, action)) == pair for each in wider):
                grouped.setdefault(pair, []).append(action)
        for (was, becomes), actions in grouped.items():
            yield Access(principal, place, was, becomes, tuple(sorted(actions)))


def _states(
    simulator: Simulator, there: World, principal: Principal, everywhere: Sequence[Place]
) -> dict[tuple[Place, str], State]:
    """What isn't refused by both sides."""
    if principal.ours and principal.arn not in there.accounts.roles:
        return {}
    found: dict[tuple[Place, str], State] = {}
    by_context: dict[tuple[tuple[str, str], ...], list[Place]] = {}
    for place in everywhere:
        by_context.setdefault(place.context, []).append(place)
    for context, within in by_context.items():
        at = {place.resource: place for place in within}

        def sweep(side: Any, resources: Iterable[str], context: Any = context) -> set[tuple[str, str]]:
            asked = list(resources)
            given = dict(context)
            return (
                simulator.sweep(there.accounts, principal.arn, asked, context=given, side=side, services=SERVICES)
                if asked
                else set()
            )

        account = principal.arn.split(":")[4] if principal.arn.startswith("arn:") else ""
        abroad = [resource for resource in at if there.accounts.account_of(resource) != account]
        if not principal.ours:
            found |= {(at[resource], action): "yes" for action, resource in sweep("resource", abroad)}
            continue
        for side, state in (("identity", "own"), ("resource", "other")):
            found |= {(at[resource], action): state for action, resource in sweep(side, abroad)}  # type: ignore[misc] # of two literals
        untold = {resource for resource in at if there.is_untold(resource)}
        found |= {(at[resource], action): "untold" for action, resource in sweep("identity", untold & {*abroad})}
        # Within an account IAM alone decides of a bucket; of a key, only where its policy says so.
        leave = {resource for resource in untold - {*abroad} if ":kms:" in resource}
        found |= {
            (at[resource], action): "untold" if resource in leave else "yes" for action, resource in sweep("both", at)
        }
    return found


def _within(place: Place, other: Place) -> bool:
    """Whether a place is a part of another one."""
    inside = place.pattern == other.pattern or ("/" in other.pattern and covers(other.pattern, place.pattern))
    return inside and set(other.context) <= set(place.context)


def _principals(worlds: Sequence[World]) -> list[Principal]:
    """Every role of the plan, and everyone else whom a bucket's or key's policy lets in."""
    found = {Principal(arn, arn, ours=True) for there in worlds for arn in there.accounts.roles}
    roles = {principal.arn for principal in found}
    for there in worlds:
        for place, statement in there.accounts.statements():
            if place.kind not in ("bucket", "resource") or statement.get("Effect") != "Allow":
                continue
            owner = there.accounts.account_of(place.owner if ":" in place.owner else f"arn:aws:s3:::{place.owner}")
            found |= {
                _someone(name)
                for name in principals(statement)
                if name not in roles and name not in (owner, f"arn:aws:iam::{owner}:root")
            }
    return sorted(found)


def _someone(name: str) -> Principal:
    """Who is named in a policy and is no role of the plan."""
    if name == "*":
        return Principal(f"arn:aws:iam::{STRANGER}:role/anyone", "anyone", ours=False)
    account = name if name.isdigit() else (ACCOUNT_OF.match(name) or [name, ""])[1]
    if name.isdigit() or name.endswith(":root"):
        return Principal(f"arn:aws:iam::{account}:role/any", f"account {account}", ours=False)
    return Principal(name, name, ours=False)
