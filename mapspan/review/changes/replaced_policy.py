"""Bucket policies that a plan replaces as a whole, and the statements of others that go with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mapspan.review.changes.coverage import Part, is_covered, part
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policy import Policies, Policy, Statement
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.iam.accounts import Document

_TYPE = "aws_s3_bucket_policy"


@dataclass(frozen=True, kw_only=True)
class ReplacedPolicy:
    """A bucket policy that loses statements.

    Args:
        policy: the policy that the plan writes or deletes.
        statements: those that go; None if it isn't known whether the bucket has any.
    """

    policy: Policy
    statements: Sequence[Statement] | None

    @property
    def bucket(self) -> str:
        return str(self.policy.owner)


def replaced_policies(
    plan: Plan, policies: Policies, live_policies: Mapping[str, Document | None]
) -> list[ReplacedPolicy]:
    """The bucket policies that lose statements, or may.

    Args:
        live_policies: the policies that buckets have now, as far as they were read; None for a bucket without one.
    """
    return list(_replaced(plan, policies, live_policies))


def _replaced(plan: Plan, policies: Policies, live_policies: Mapping[str, Document | None]) -> Iterator[ReplacedPolicy]:
    before = {policy.address: policy for policy in policies.before}
    after = {policy.address: policy for policy in policies.after}
    for change in plan.effective:
        policy = after.get(change.address) or before.get(change.address)
        if change.type != _TYPE or policy is None or change.action not in ("create", "update", "replace", "delete"):
            continue
        remaining = [other for other in policies.after if other.kind == "bucket" and other.owner == policy.owner]
        if change.action != "create":
            old = before.get(change.address)
            statements = _gone(old.statements if old else (), remaining)
        elif isinstance(policy.owner, str) and policy.owner in live_policies:
            live = live_policies[policy.owner]
            statements = _gone(live["Statement"] if live else (), remaining)
        elif policy.owner in _new_buckets(plan.changes):
            continue
        else:
            yield ReplacedPolicy(policy=policy, statements=None)
            continue
        if statements:
            yield ReplacedPolicy(policy=policy, statements=statements)


def _gone(statements: Sequence[Statement], remaining: Sequence[Policy]) -> list[Statement]:
    """The statements that the remaining policies don't repeat."""
    parts: dict[str, list[Part]] = {"Allow": [], "Deny": []}
    names = {statement.get("Sid") for policy in remaining for statement in policy.statements} - {None}
    for policy in remaining:
        for statement in policy.statements:
            parts[str(statement["Effect"])].append(part(statement))
    return [
        statement
        for statement in statements
        # One with the name of a remaining statement is changed: the chapter on statements shows how.
        if statement.get("Sid") not in names and not is_covered(part(statement), parts[str(statement["Effect"])])
    ]


def _new_buckets(changes: Sequence[ResourceChange]) -> set[str]:
    """The buckets that the plan creates, which have no policy yet."""
    return {
        str(change.value("bucket", "after"))
        for change in changes
        if change.type == "aws_s3_bucket" and change.action == "create"
    }
