"""What a plan does to single statements of policies, and which of them allow more than before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from mapspan.review.changes.placeholder import Placeholder
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policies import Policies, Policy, Statement
from mapspan.review.changes.resource_change import Action, Moment
from mapspan.review.changes.widening import inherent_widenings, normalized, widenings
from mapspan.review.iam.accounts import as_list

PolicyKey = tuple[str, str]
"""A policy's address and name."""


@dataclass(frozen=True, kw_only=True)
class StatementChange:
    """One statement before and after; None if it doesn't exist then.

    Args:
        policy: the policy it stands in afterwards, or stood in before it was removed.
        widenings: a phrase for each thing that it allows and didn't; empty if it allows no more.
    """

    policy: Policy
    before: Statement | None
    after: Statement | None
    widenings: Sequence[str] = ()

    @property
    def sid(self) -> str:
        return str((self.after or self.before or {}).get("Sid", ""))

    @property
    def concerns_data(self) -> bool:
        """Whether it is about buckets or keys."""
        actions = as_list((self.after or self.before or {}).get("Action"))
        return any(action.startswith(("s3:", "kms:", "*")) for action in actions)


@dataclass(frozen=True, kw_only=True)
class UnreadablePolicy:
    """A policy that changes, or may change, and that the plan doesn't show."""

    policy: Policy
    placeholder: Placeholder


def statement_changes(plan: Plan, policies: Policies) -> list[StatementChange | UnreadablePolicy]:
    """Every statement that is added, changed or removed, and every changed policy that can't be read."""
    before, after = (_by_key(policies.at(moment)) for moment in ("before", "after"))
    # A policy of an owner that the plan creates is not wider than before: only statements that are wide in themselves
    # are worth a flag. The same goes for a policy that is deleted with its owner.
    new_or_deleted = _identities(plan, "create", "after") | _identities(plan, "delete", "before")
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
        changes += _compare(
            policy,
            old.statements if old else (),
            new.statements if new else (),
            owner_stays=isinstance(policy.owner, str) and policy.owner not in new_or_deleted,
        )
    return [_unless_moved(change, changes) if isinstance(change, StatementChange) else change for change in changes]


def _by_key(policies: Sequence[Policy]) -> dict[PolicyKey, Policy]:
    return {(policy.address, policy.name): policy for policy in policies}


def _placeholder(policy: Policy | None) -> Placeholder | None:
    return policy.document if policy is not None and isinstance(policy.document, Placeholder) else None


def _identities(plan: Plan, action: Action, moment: Moment) -> set[str]:
    """The names and ARNs of the resources that an action is done to."""
    identities = {
        change.value("bucket" if change.type == "aws_s3_bucket" else "arn", moment)
        for change in plan.changes
        if change.action == action
    }
    return {identity for identity in identities if isinstance(identity, str)}


def _unless_moved(
    change: StatementChange, all_changes: Sequence[StatementChange | UnreadablePolicy]
) -> StatementChange:
    """A statement that only moves from one policy of its owner to another allows no more."""
    if change.before is not None or change.after is None:
        return change
    for other in all_changes:
        if (
            isinstance(other, StatementChange)
            and other.after is None
            and other.before
            and other.policy.owner == change.policy.owner
            and _meaning(other.before) == _meaning(change.after)
        ):
            return replace(change, widenings=())
    return change


def _meaning(statement: Statement) -> Statement:
    return {name: value for name, value in normalized(statement).items() if name != "Sid"}


def _compare(
    policy: Policy, before: Sequence[Statement], after: Sequence[Statement], *, owner_stays: bool
) -> Iterator[StatementChange]:
    for old, new in _pairs(before, after):
        if old is not None and new is not None and normalized(old) == normalized(new):
            continue
        phrases = list(widenings(old, new)) if owner_stays else []
        if old is None and new is not None:
            phrases += [phrase for phrase in inherent_widenings(new, policy) if phrase not in phrases]
        yield StatementChange(policy=policy, before=old, after=new, widenings=phrases)


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
