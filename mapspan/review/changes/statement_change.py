"""What a plan does to single statements of policies, and which of them allow more than before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mapspan.review.changes.coverage import Part, part, texts
from mapspan.review.changes.placeholder import Placeholder
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policy import Policies, Policy, Statement
from mapspan.review.changes.recreated_role import with_recreated_roles
from mapspan.review.changes.resource_change import Moment, ResourceChange
from mapspan.review.changes.widening import inherent_widenings, normalized, widenings

PolicyKey = tuple[str, str]
"""A policy's address and name."""
OwnerKey = tuple[str, str]
"""A kind of policy and the owner of such policies."""


@dataclass(frozen=True, kw_only=True)
class StatementChange:
    """One statement before and after; None if it doesn't exist then.

    Args:
        policy: the policy it stands in afterwards, or stood in before it was removed.
        widenings: a phrase for each thing that it allows and wasn't allowed; empty if it allows no more.
        notes: what else a reader must know to understand the change.
        narrows: whether something that was allowed is allowed no longer, or is denied now.
    """

    policy: Policy
    before: Statement | None
    after: Statement | None
    widenings: Sequence[str] = ()
    notes: Sequence[str] = ()
    narrows: bool = False

    @property
    def sid(self) -> str:
        return str((self.after or self.before or {}).get("Sid", ""))

    @property
    def concerns_data(self) -> bool:
        """Whether it is about buckets or keys."""
        actions = texts((self.after or self.before or {}).get("Action")) or ["*"]
        return any(action.lower().startswith(("s3:", "kms:", "*")) for action in actions)


@dataclass(frozen=True, kw_only=True)
class UnreadablePolicy:
    """A policy that changes, or may change, and that the plan doesn't show."""

    policy: Policy
    placeholder: Placeholder


@dataclass(frozen=True, kw_only=True)
class _Owner:
    """What all policies of one owner allow and deny.

    Args:
        stays: whether the owner exists at both moments and is known.
    """

    allowed_before: Sequence[Part]
    allowed_after: Sequence[Part]
    denied_before: Sequence[Part]
    denied_after: Sequence[Part]
    stays: bool


def statement_changes(plan: Plan, policies: Policies) -> list[StatementChange | UnreadablePolicy]:
    """Every statement that is added, changed or removed, and every changed policy that can't be read."""
    before, after = (_by_key(policies.at(moment)) for moment in ("before", "after"))
    # A policy of an owner that the plan creates is not wider than before: only statements that are wide in themselves
    # are worth a flag. The same goes for a policy that is deleted with its owner.
    new_or_deleted = _new_or_deleted(plan)
    roles = _role_arns(plan)
    owners: dict[OwnerKey, _Owner] = {}
    before_by_owner, after_by_owner = _by_owner(policies.before), _by_owner(policies.after)
    changes: list[StatementChange | UnreadablePolicy] = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        policy = new or old
        if policy is None or (old is not None and new is not None and old.document == new.document):
            continue
        placeholder = _placeholder(new) or _placeholder(old)
        if placeholder is not None:
            changes.append(UnreadablePolicy(policy=policy, placeholder=placeholder))
            continue
        owner_key = _owner_key(policy)
        if owner_key not in owners:
            old_policies, new_policies = before_by_owner.get(owner_key, ()), after_by_owner.get(owner_key, ())
            owners[owner_key] = _Owner(
                allowed_before=_parts(old_policies, "Allow"),
                allowed_after=_parts(new_policies, "Allow"),
                denied_before=_parts(old_policies, "Deny"),
                denied_after=_parts(new_policies, "Deny"),
                stays=isinstance(policy.owner, str) and policy.owner not in new_or_deleted,
            )
        changes += _compare(
            policy, old.statements if old else (), new.statements if new else (), owners[owner_key], roles
        )
    return changes


def _owner_key(policy: Policy) -> OwnerKey:
    """Policies with the same key are joined by IAM: an allowance may move from one to another."""
    return (policy.kind, policy.owner) if isinstance(policy.owner, str) else (policy.kind, policy.address)


def _by_owner(policies: Sequence[Policy]) -> dict[OwnerKey, list[Policy]]:
    by_owner: dict[OwnerKey, list[Policy]] = {}
    for policy in policies:
        by_owner.setdefault(_owner_key(policy), []).append(policy)
    return by_owner


def _parts(policies: Sequence[Policy], effect: str) -> list[Part]:
    return [
        part(statement, resource_account(policy))
        for policy in policies
        for statement in policy.statements
        if statement.get("Effect") == effect
    ]


def resource_account(policy: Policy) -> str | None:
    """The account of the bucket, key or other resource whose policy it is; None for a role's own policy."""
    return None if policy.kind == "identity" else policy.account_id


def _role_arns(plan: Plan) -> frozenset[str]:
    """The roles of the plan that exist afterwards."""
    arns = (change.value("arn", "after") for change in plan.changes if change.type == "aws_iam_role")
    return frozenset(arn for arn in arns if isinstance(arn, str))


def _by_key(policies: Sequence[Policy]) -> dict[PolicyKey, Policy]:
    return {(policy.address, policy.name): policy for policy in policies}


def _placeholder(policy: Policy | None) -> Placeholder | None:
    return policy.document if policy is not None and isinstance(policy.document, Placeholder) else None


def _new_or_deleted(plan: Plan) -> set[str]:
    """The names and ARNs of what the plan creates or deletes; a deposed object can have those of one that stays."""
    stay = {_identity(change, "after") for change in plan.changes if change.exists("before") and change.exists("after")}
    created = {_identity(change, "after") for change in plan.changes if change.action == "create"}
    deleted = {_identity(change, "before") for change in plan.changes if change.action == "delete"}
    return {identity for identity in (created | deleted) - stay if identity is not None}


def _identity(change: ResourceChange, moment: Moment) -> str | None:
    identity = change.value("bucket" if change.type == "aws_s3_bucket" else "arn", moment)
    return identity if isinstance(identity, str) else None


def _meaning(statement: Statement) -> Statement:
    return {name: value for name, value in normalized(statement).items() if name != "Sid"}


def _compare(
    policy: Policy, before: Sequence[Statement], after: Sequence[Statement], owner: _Owner, roles: frozenset[str]
) -> Iterator[StatementChange]:
    account_id = resource_account(policy)
    for old, new in _pairs(before, after):
        if old is not None and new is not None and normalized(old) == normalized(new):
            continue
        known, notes = with_recreated_roles(old, new, roles)
        phrases: list[str] = []
        if owner.stays:
            allowed = owner.allowed_before if known is old else [*owner.allowed_before, part(known or {}, account_id)]
            phrases += widenings(
                known, new, allowed_before=allowed, denied_after=owner.denied_after, account_id=account_id
            )
        # A statement that only moves, or repeats others, is not new.
        if old is None and new is not None and (phrases or not owner.stays):
            phrases += [phrase for phrase in inherent_widenings(new, policy) if phrase not in phrases]
        narrows = any(
            widenings(
                new, old, allowed_before=owner.allowed_after, denied_after=owner.denied_before, account_id=account_id
            )
        )
        yield StatementChange(
            policy=policy, before=old, after=new, widenings=phrases, notes=notes, narrows=narrows and owner.stays
        )


# Which statements are the same one, from the surest sign to the weakest: equal, equal except for the Sid, one Sid, and
# without Sids by their order.
_SAME: Sequence[Callable[[Statement, Statement], bool]] = (
    lambda old, new: normalized(old) == normalized(new),
    lambda old, new: _meaning(old) == _meaning(new),
    lambda old, new: bool(old.get("Sid")) and old.get("Sid") == new.get("Sid"),
    lambda old, new: not old.get("Sid") and not new.get("Sid"),
)


def _pairs(
    before: Sequence[Statement], after: Sequence[Statement]
) -> Iterator[tuple[Statement | None, Statement | None]]:
    """Each statement before with the same one after; None stands for a partner that doesn't exist."""
    old_left, new_left = list(before), list(after)
    for same in _SAME:
        for old in list(old_left):
            partner = next((new for new in new_left if same(old, new)), None)
            if partner is not None:
                old_left.remove(old)
                new_left.remove(partner)
                yield old, partner
    yield from ((old, None) for old in old_left)
    yield from ((None, new) for new in new_left)
