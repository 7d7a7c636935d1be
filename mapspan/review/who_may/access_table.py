"""The access table: who may do what with either account's buckets and keys, before and after, as IAM decides it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from environments.environment import Environment
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policy import Policies, principals
from mapspan.review.iam.accounts import ACCOUNT_OF, Accounts, Statement, as_list
from mapspan.review.iam.simulator import STRANGER, Side, Simulator, UndecidableError
from mapspan.review.who_may.access_scopes import AccessScope, WiderScopes, access_scopes, with_neighbours
from mapspan.review.who_may.condition_example import pattern_example
from mapspan.review.who_may.decidable_accounts import decidable_accounts
from mapspan.review.who_may.planned_accounts import PlannedAccounts, planned_accounts
from mapspan.review.who_may.relevant_scopes import RelevantScopes, ScopeGroup
from mapspan.review.who_may.undecided_access import UndecidedAccess
from modules.location import region_partition

SERVICES = ("s3", "kms")
# A caller in a condition whose account is known: an account, or an ARN.
_NAME = re.compile(r"\d{12}|arn:[^:*?]+:(iam|sts)::\d{12}:[^$]+")

# Across accounts both sides must allow a call, the caller's policies and the resource's.
#   own_policy_only  the caller's policies allow it, the resource's policy doesn't: the call is denied
#   other_side_only  the resource's policy allows it, the caller's policies don't: the call is denied
#   undecided        the caller's policies allow it, and the plan doesn't show the resource's policy
AccessState = Literal["allowed", "own_policy_only", "other_side_only", "undecided", "denied"]
_RANK: Mapping[AccessState, int] = {
    "denied": 0,
    "own_policy_only": 1,
    "other_side_only": 1,
    "undecided": 2,
    "allowed": 3,
}
# Of one principal, for each scope and action that isn't denied by both sides.
States = Mapping[tuple[AccessScope, str], AccessState]


@dataclass(frozen=True, order=True)
class Principal:
    """Who calls.

    Args:
        arn: the ARN to decide for; an example if the principal stands for many callers.
        name: a role's ARN, a service, `account 123456789012`, or `anyone`.
        in_plan: whether the plan has the principal's own policies. Other principals count as allowed everything by
            theirs.
    """

    arn: str
    name: str
    in_plan: bool

    @property
    def account_id(self) -> str:
        """The principal's account; empty for a service."""
        return self.arn.split(":")[4] if self.arn.startswith("arn:") else ""


@dataclass(frozen=True, order=True)
class AccessRow:
    """What a principal may do in a scope, before and after."""

    principal: Principal
    scope: AccessScope
    before: AccessState
    after: AccessState
    actions: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return self.before != self.after

    @property
    def gains(self) -> bool:
        """Whether more is allowed than before, even if on one side only."""
        return _RANK[self.after] > _RANK[self.before]


@dataclass(frozen=True, kw_only=True)
class AccessTable:
    """Everyone's access, row by row.

    Args:
        undecided: why nothing was decided, such as that the engine isn't installed. There are no rows then.
        gaps: the statements and actions that the rows leave out, because they can't be decided.
    """

    rows: Sequence[AccessRow]
    undecided: str | None = None
    gaps: Sequence[UndecidedAccess] = ()

    @property
    def changed_rows(self) -> list[AccessRow]:
        return [row for row in self.rows if row.changes]


def access_table(
    plan: Plan, policies: Policies, environment: Environment, simulator: Simulator | None = None
) -> AccessTable:
    """Everything that anyone may do, decided by simulating the policies before and after.

    Args:
        simulator: a running one; by default one is started for this table.
    """
    if (partition := region_partition(environment.region)) != "aws":
        # The examples of resources that nothing names, and the ARNs of what doesn't exist yet, are of `aws`.
        return AccessTable(rows=(), undecided=f"a review doesn't know the ARNs of the partition {partition} yet")
    regions = {
        environment.source.account_id: environment.source_region,
        environment.target.account_id: environment.region,
    }
    before = with_neighbours(planned_accounts(plan, policies, "before", environment), regions)
    after = with_neighbours(planned_accounts(plan, policies, "after", environment), regions)
    try:
        with contextlib.nullcontext(simulator) if simulator else Simulator() as running:
            before, gaps_before = decidable_accounts(running, before)
            after, gaps_after = decidable_accounts(running, after)
            return AccessTable(rows=compare_access(running, before, after), gaps=sorted(gaps_before | gaps_after))
    except UndecidableError as error:
        return AccessTable(rows=(), undecided=str(error))


def compare_access(simulator: Simulator, before: PlannedAccounts, after: PlannedAccounts) -> list[AccessRow]:
    """The rows of both moments; what is denied by both sides at both moments has none.

    Raises:
        UndecidableError: a policy names a resource that is not an ARN, or an action that IAM doesn't know.
    """
    scopes = access_scopes((before, after))
    scopes_before, scopes_after = RelevantScopes(before.accounts, scopes), RelevantScopes(after.accounts, scopes)
    wider = WiderScopes(scopes)
    stays = before == after
    rows: list[AccessRow] = []
    for principal in _principals((before, after)):
        old = _states(simulator, before, principal, scopes_before)
        new = old if stays else _states(simulator, after, principal, scopes_after)
        rows += _rows(principal, wider, old, new)
    return sorted(rows)


def _rows(principal: Principal, wider: WiderScopes, before: States, after: States) -> Iterator[AccessRow]:
    """A row for each scope and pair of states, with the actions that have both in common."""
    pairs: dict[AccessScope, dict[str, tuple[AccessState, AccessState]]] = {}
    for scope, action in {**before, **after}:
        pair = (before.get((scope, action), "denied"), after.get((scope, action), "denied"))
        pairs.setdefault(scope, {})[action] = pair
    for scope, pair_of in pairs.items():
        wider_scopes = [other for other in wider.of(scope) if other in pairs]
        actions_by_pair: dict[tuple[AccessState, AccessState], list[str]] = {}
        for action, pair in pair_of.items():
            # An action that is decided alike in a wider scope has its row there.
            if not any(pairs[other].get(action) == pair for other in wider_scopes):
                actions_by_pair.setdefault(pair, []).append(action)
        for (old, new), actions in actions_by_pair.items():
            yield AccessRow(principal, scope, old, new, tuple(sorted(actions)))


def _states(
    simulator: Simulator, planned: PlannedAccounts, principal: Principal, scopes: RelevantScopes
) -> dict[tuple[AccessScope, str], AccessState]:
    """The state of each action in each scope, except those that both sides deny."""
    if principal.in_plan and principal.arn not in planned.accounts.roles:
        return {}
    # The first scope of a group stands for all of it.
    groups_by_context: dict[tuple[tuple[str, str], ...], dict[str, ScopeGroup]] = {}
    for group in scopes.groups(principal.arn):
        groups_by_context.setdefault(group[0].context, {})[group[0].resource] = group
    states: dict[tuple[AccessScope, str], AccessState] = {}
    for context, groups in groups_by_context.items():
        sweep = _Sweep(simulator, planned, principal, context)
        state_of = sweep.states(groups) if principal.in_plan else sweep.states_of_stranger(groups)
        for (action, resource), state in state_of.items():
            states |= {(scope, action): state for scope in groups[resource]}
    return states


@dataclass(frozen=True)
class _Sweep:
    """One principal's access in one context, by action and resource."""

    simulator: Simulator
    planned: PlannedAccounts
    principal: Principal
    context: tuple[tuple[str, str], ...]

    def states(self, resources: Iterable[str]) -> dict[tuple[str, str], AccessState]:
        """The states for a principal whose own policies are in the plan; a later statement overrides an earlier one."""
        everything = set(resources)
        foreign = {resource for resource in everything if self._is_foreign(resource)}
        partly_known = {resource for resource in everything if self.planned.is_partly_known(resource)}
        # Within an account, IAM alone decides about a bucket; about a key, only if the key's policy says so.
        left_to_key = {resource for resource in partly_known - foreign if ":kms:" in resource}
        states: dict[tuple[str, str], AccessState] = dict.fromkeys(
            self._allowed(foreign, "identity"), "own_policy_only"
        )
        states |= dict.fromkeys(self._allowed(foreign, "resource"), "other_side_only")
        states |= dict.fromkeys(self._allowed(foreign & partly_known, "identity"), "undecided")
        states |= dict.fromkeys(self._allowed(everything - left_to_key, "both"), "allowed")
        return states | dict.fromkeys(self._allowed(left_to_key, "both"), "undecided")

    def states_of_stranger(self, resources: Iterable[str]) -> dict[tuple[str, str], AccessState]:
        """The states for a principal whose own policies are not in the plan: what the resources' policies allow.

        Of its own account's resources, only those whose policies let it in without a policy of its own.
        """
        everything = set(resources)
        foreign = {resource for resource in everything if self._is_foreign(resource)}
        allowed = self._allowed(foreign, "resource") | self._allowed(everything - foreign, "both")
        return dict.fromkeys(allowed, "allowed")

    def _is_foreign(self, resource: str) -> bool:
        return self.planned.accounts.account_of(resource) != self.principal.account_id

    def _allowed(self, resources: set[str], side: Side) -> set[tuple[str, str]]:
        """Every allowed (action, resource) of S3 and KMS."""
        if not resources:
            return set()
        return self.simulator.sweep(
            self.planned.accounts,
            self.principal.arn,
            sorted(resources),
            context=dict(self.context),
            side=side,
            services=SERVICES,
        )


def _principals(moments: Sequence[PlannedAccounts]) -> list[Principal]:
    """Every role of the plan, and every other principal that a bucket's or key's policy admits."""
    roles = {arn for planned in moments for arn in planned.accounts.roles}
    others = {name for planned in moments for name in _admitted(planned.accounts)} - roles
    return sorted({*(Principal(arn, arn, in_plan=True) for arn in roles), *map(_stranger, others)})


def _admitted(accounts: Accounts) -> Iterator[str]:
    """The principals that policies of buckets and keys single out, except the owner's own account.

    An Allow names them, a Deny excepts them, or a condition compares the caller with them.
    """
    for location, statement in accounts.statements():
        if location.kind not in ("bucket", "resource"):
            continue
        owner = accounts.account_of(location.owner if ":" in location.owner else f"arn:aws:s3:::{location.owner}")
        excepted = principals({"Principal": statement.get("NotPrincipal")})
        named = principals(statement) if statement.get("Effect") == "Allow" else []
        for name in (*named, *excepted, *_compared_principals(statement)):
            if name not in (owner, f"arn:aws:iam::{owner}:root"):
                yield name


def _compared_principals(statement: Statement) -> Iterator[str]:
    """The ARNs and accounts that conditions compare the caller with."""
    for keys in statement.get("Condition", {}).values():
        for key, values in keys.items():
            if key.lower() in ("aws:principalarn", "aws:principalaccount"):
                yield from (value for value in as_list(values) if _NAME.fullmatch(value))


def _stranger(name: str) -> Principal:
    """A principal that a policy names and that is not a role of the plan."""
    if name == "*":
        return Principal(f"arn:aws:iam::{STRANGER}:role/anyone", "anyone", in_plan=False)
    if "*" in name or "?" in name:
        return Principal(pattern_example(name), name, in_plan=False)
    account = name if name.isdigit() else (ACCOUNT_OF.match(name) or [name, ""])[1]
    if name.isdigit() or name.endswith(":root"):
        return Principal(f"arn:aws:iam::{account}:role/any", f"account {account}", in_plan=False)
    return Principal(name, name, in_plan=False)
