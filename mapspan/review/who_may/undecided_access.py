"""What a plan may do to access that the access table doesn't read: "nobody gains access" is said only without any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import ACTIONS, ResourceChange
from mapspan.review.changes.statement_change import StatementChange, UnreadablePolicy
from mapspan.review.marked_words import plain
from mapspan.review.who_may.unread_resource import unread_reasons


@dataclass(frozen=True, order=True)
class UndecidedAccess:
    """A thing whose effect on access isn't decided.

    Args:
        subject: the resource's address, or where a statement stands.
        reason: what it may do, and why that isn't decided.
    """

    subject: str
    reason: str


_UNTOUCHED = {"tags", "tags_all", "description"}


def undecided_access(
    plan: Plan,
    statements: Sequence[StatementChange | UnreadablePolicy],
    policy_holders: Mapping[str, str] | None = None,
) -> list[UndecidedAccess]:
    """Everything in a plan that may grant or take access and that isn't decided.

    Args:
        policy_holders: who holds managed policies that change, in words, by ARN; as far as it was looked up.
    """
    undecided = {
        UndecidedAccess(change.address, reason) for change in _changed(plan) for reason in unread_reasons(change)
    }
    undecided |= set(_managed_policies(plan, policy_holders or {}))
    undecided |= set(_statements(statements, _staying_roles(plan), _with_default_policy(plan)))
    undecided |= set(_left_out(plan))
    return sorted(undecided)


def _changed(plan: Plan) -> Iterator[ResourceChange]:
    """The changes that may concern access, and those of which only a later plan shows what they do."""
    for change in plan.changes:
        if change.action in ACTIONS and change.action not in ("import", "move", "forget"):
            names = {name for name, _, _ in change.changed_attributes()}
            if change.action != "update" or not names or names - _UNTOUCHED:
                yield change


def _managed_policies(plan: Plan, holders: Mapping[str, str]) -> Iterator[UndecidedAccess]:
    """A managed policy that changes here may be attached by others."""
    for change in plan.changes:
        if change.type != "aws_iam_policy" or change.action not in ("update", "replace", "delete"):
            continue
        if change.action == "update" and change.value("policy", "before") == change.value("policy", "after"):
            continue
        arn = str(change.value("arn", "before"))
        words = holders.get(arn) or "who holds it is not known"
        yield UndecidedAccess(change.address, f"a managed policy changes that others than this plan may hold: {words}")


def _left_out(plan: Plan) -> Iterator[UndecidedAccess]:
    """What a plan leaves to a later one, and what it runs."""
    for deferred in plan.deferred:
        yield UndecidedAccess(deferred.address, "its change is left to a later plan")
    for invocation in plan.invocations:
        yield UndecidedAccess(invocation.address, "what this action does isn't in the plan")


def _staying_roles(plan: Plan) -> set[str]:
    """The addresses of the roles that exist at both moments."""
    return {
        change.address
        for change in plan.changes
        if change.type == "aws_iam_role" and change.before is not None and change.after is not None
    }


def _with_default_policy(plan: Plan) -> set[str]:
    """The addresses of new keys, topics and queues without a policy of their own: AWS's default lets no one else in."""
    return {
        change.address
        for change in plan.changes
        if change.type in ("aws_kms_key", "aws_sns_topic", "aws_sqs_queue")
        and change.action == "create"
        and "policy" in change.computed
    }


def _statements(
    statements: Iterable[StatementChange | UnreadablePolicy], staying_roles: set[str], with_default_policy: set[str]
) -> Iterator[UndecidedAccess]:
    """Policies that can't be read, and trust: who may assume a role may do what the role may."""
    for change in statements:
        if isinstance(change, UnreadablePolicy) and change.policy.address in with_default_policy:
            continue
        if isinstance(change, UnreadablePolicy):
            yield UndecidedAccess(change.policy.address, f"{plain(change.policy.name)}: {plain(change.placeholder)}")
        elif change.policy.kind == "trust" and (change.widenings or change.policy.address in staying_roles):
            yield UndecidedAccess(
                change.policy.address, "who may assume the role changes, and with it who may do what the role may do"
            )
