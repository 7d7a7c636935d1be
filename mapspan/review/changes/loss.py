"""What is lost when a resource is destroyed, and which losses block a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import ResourceChange

# Types that hold data, or something else that creating them again doesn't bring back.
_HELD: Mapping[str, str] = {
    "aws_cloudwatch_log_group": "its logs",
    "aws_db_instance": "the database",
    "aws_dynamodb_table": "the table and its items",
    "aws_ebs_volume": "the volume",
    "aws_ecr_repository": "its images",
    "aws_efs_file_system": "its files",
    "aws_kinesis_stream": "the records it holds",
    "aws_kms_key": "the key: nothing that is encrypted with it can be read after its waiting period",
    "aws_rds_cluster": "the database",
    "aws_s3_object": "the object",
    "aws_secretsmanager_secret": "the secret",
    "aws_sfn_state_machine": "its runs: running ones are stopped, and earlier ones can't be viewed or redriven",
    "aws_sqs_queue": "the messages it holds",
    "aws_ssm_parameter": "the parameter",
}
# Types whose loss lasts until someone does something by hand.
_MISSED: Mapping[str, str] = {
    "aws_iam_role": "the role's unique id: policies elsewhere that name it stop matching until they are rewritten",
    "aws_kms_grant": "the use of the key that it grants",
    "aws_s3_bucket_policy": "the bucket's whole policy",
    "aws_s3_bucket_versioning": "versioning: overwritten and deleted objects are no longer kept",
    "aws_sns_topic": "its subscriptions, which must be confirmed again",
    "aws_sns_topic_subscription": "the subscription, which must be confirmed again",
    "aws_lambda_invocation": "the effect of its function, which is undone",
}


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A resource that is destroyed.

    Args:
        lost: what is lost with it; None if creating it again brings everything back.
        blocking: whether it holds something and its destruction is not allowed.
        allowed: whether `--allow-destroy` names it.
    """

    change: ResourceChange
    lost: str | None
    blocking: bool
    allowed: bool


def losses(plan: Plan, allow_destroy: Iterable[str]) -> list[Loss]:
    """Everything that is destroyed or replaced; what blocks comes first."""
    allowed_addresses = set(allow_destroy)
    destroyed = [change for change in plan.effective if change.action in ("delete", "replace")]
    return sorted(
        (_loss(change, allowed=change.address in allowed_addresses) for change in destroyed),
        key=lambda loss: (not loss.blocking, loss.lost is None, loss.change.address),
    )


def _loss(change: ResourceChange, *, allowed: bool) -> Loss:
    held = _held(change)
    return Loss(
        change=change,
        lost=held or _MISSED.get(change.type),
        blocking=held is not None and not allowed,
        allowed=allowed,
    )


def _held(change: ResourceChange) -> str | None:
    attributes = change.before or {}
    if change.type == "aws_s3_bucket":
        emptying = (
            "(force_destroy empties it first)" if attributes.get("force_destroy") else "(AWS refuses unless empty)"
        )
        return f"the bucket {attributes.get('bucket')} with every object in it {emptying}"
    if change.type == "aws_cloudwatch_log_group":
        days = attributes.get("retention_in_days")
        age = f"the last {days} days" if days and days > 1 else "the last day" if days else "all time"
        return f"the logs of {age} in {attributes.get('name')}"
    return _HELD.get(change.type)
