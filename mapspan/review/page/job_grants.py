"""What a job is granted by its user's own settings: the statements of its policy file, and its secrets."""

from __future__ import annotations

from collections.abc import Iterator

from mapspan.review.changes.placeholder import Placeholder
from mapspan.review.changes.policy import Policy
from mapspan.review.marked_words import code, plain
from mapspan.review.page.blocks import Block, Line, Points
from mapspan.review.page.wording import whole_sentence
from mapspan.review.plan_review import PlanReview
from modules.statements.job import JOB_POLICY, READ_SECRETS


def job_grants(review: PlanReview) -> Iterator[Block]:
    """Every statement of these policies, in a line each, whenever the plan creates or changes one of them.

    None is left out, however many there are: a role holds 10 KB of policies.
    """
    for need, title in (
        (JOB_POLICY, "🔑 **The policy file of the job grants**"),
        (READ_SECRETS, "🔑 **Secrets that the job may read**"),
    ):
        for policy in _changed_policies(review, need):
            yield Line(f"{title} ({code(policy.address)})")
            yield Points(_points(policy))


def _points(policy: Policy) -> list[str]:
    if isinstance(policy.document, Placeholder):
        return [f"{plain(policy.document)}: read it in AWS before you accept it"]
    return [f"the job {whole_sentence(statement)}" for statement in policy.statements]


def _changed_policies(review: PlanReview, need: str) -> Iterator[Policy]:
    """The policies with this name that exist afterwards, and differ from before."""
    deleted = {change.address for change in review.plan.changes if not change.exists("after")}
    policies = {
        change.policy.address: change.policy
        for change in review.statements
        if change.policy.kind == "identity" and change.policy.name == need
    }
    yield from (policy for address, policy in policies.items() if address not in deleted)
