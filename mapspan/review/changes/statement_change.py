"""What a plan does to single statements of policies, and which of them get wider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mapspan.review.changes.plan import Action, Moment, Plan
from mapspan.review.changes.policies import Policy, policies
from mapspan.review.changes.widening import newly_wide, normal, widened
from mapspan.review.changes.withheld import Sensitive, Unknown
from mapspan.review.iam.accounts import listed

Statement = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StatementChange:
    """One statement before and after; None where it isn't there.

    Args:
        policy: where it stands afterwards, or stood.
        wider: what it lets through that it didn't, a phrase each; empty where it is no wider.
    """

    policy: Policy
    before: Statement | None
    after: Statement | None
    wider: Sequence[str] = ()

    @property
    def sid(self) -> str:
        return str((self.after or self.before or {}).get("Sid", ""))

    @property
    def opens_data(self) -> bool:
        """Whether it is about buckets or keys."""
        actions = listed((self.after or self.before or {}).get("Action"))
        return any(action.startswith(("s3:", "kms:", "*")) for action in actions)


@dataclass(frozen=True, kw_only=True)
class WithheldPolicy:
    """A policy that changes, or may, and that the plan doesn't tell."""

    policy: Policy
    why: Unknown | Sensitive


def statement_changes(plan: Plan) -> list[StatementChange | WithheldPolicy]:
    """Every statement that is added, changed or taken away, and every policy that can't be told."""
    before = {(policy.address, policy.name): policy for policy in policies(plan, "before")}
    after = {(policy.address, policy.name): policy for policy in policies(plan, "after")}
    # What the plan makes isn't wider than before: of it, only what is wide in itself is worth a flag. Nor is what
    # goes with its owner.
    made, gone = _named(plan, "create", "after"), _named(plan, "delete", "before")
    found: list[StatementChange | WithheldPolicy] = []
    for key in sorted({*before, *after}):
        was, becomes = before.get(key), after.get(key)
        told = [each for each in (was, becomes) if each is not None]
        policy = told[-1]
        if was is not None and becomes is not None and was.document == becomes.document:
            continue
        withheld = [each.document for each in told if isinstance(each.document, Unknown | Sensitive)]
        if withheld:
            found.append(WithheldPolicy(policy=policy, why=withheld[-1]))
            continue
        found += _compared(
            policy,
            was.statements if was else (),
            becomes.statements if becomes else (),
            known_owner=policy.owner not in made | gone and isinstance(policy.owner, str),
        )
    return [_unless_moved(change, found) if isinstance(change, StatementChange) else change for change in found]


def _named(plan: Plan, action: Action, moment: Moment) -> set[str]:
    """The names and ARNs of what the plan does something to."""
    found = {
        plan.identity(change, "bucket" if change.type == "aws_s3_bucket" else "arn", moment)
        for change in plan.changes
        if change.action == action
    }
    return {each for each in found if isinstance(each, str)}


def _unless_moved(change: StatementChange, all_changes: Sequence[StatementChange | WithheldPolicy]) -> StatementChange:
    """A statement that only moves from one policy of its owner to another is no wider."""
    if change.before is not None or change.after is None:
        return change
    for each in all_changes:
        gone = isinstance(each, StatementChange) and each.after is None and each.policy.owner == change.policy.owner
        if (
            gone
            and isinstance(each, StatementChange)
            and each.before
            and _meaning(each.before) == _meaning(change.after)
        ):
            return replace(change, wider=())
    return change


def _meaning(statement: Statement) -> Statement:
    return {name: value for name, value in normal(statement).items() if name != "Sid"}


def _compared(
    policy: Policy, before: Sequence[Statement], after: Sequence[Statement], *, known_owner: bool
) -> Iterator[StatementChange]:
    for was, becomes in _pairs(before, after):
        if was is not None and becomes is not None and normal(was) == normal(becomes):
            continue
        wider = list(widened(was, becomes)) if known_owner else []
        if was is None and becomes is not None:
            wider += [each for each in newly_wide(becomes, policy) if each not in wider]
        yield StatementChange(policy=policy, before=was, after=becomes, wider=wider)


def _pairs(
    before: Sequence[Statement], after: Sequence[Statement]
) -> Iterator[tuple[Statement | None, Statement | None]]:
    """Statements that are the same one: alike, even but for the Sid, then those of one Sid, then by their order."""
    left, right = list(before), list(after)
    for same in (
        lambda was, becomes: normal(was) == normal(becomes),
        lambda was, becomes: _meaning(was) == _meaning(becomes),
        lambda was, becomes: bool(was.get("Sid")) and was.get("Sid") == becomes.get("Sid"),
        lambda was, becomes: not was.get("Sid") and not becomes.get("Sid"),
    ):
        for was in list(left):
            partner = next((each for each in right if same(was, each)), None)
            if partner is not None:
                left.remove(was)
                right.remove(partner)
                yield was, partner
    yield from ((was, None) for was in left)
    yield from ((None, becomes) for becomes in right)
