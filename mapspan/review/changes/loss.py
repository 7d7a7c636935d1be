"""What is lost when a resource is destroyed, and which losses nobody should meet by accident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mapspan.review.changes.plan import Change, Plan

# What holds data, or something else that making it again doesn't bring back.
_HOLDS: Mapping[str, str] = {
    "aws_cloudwatch_log_group": "its logs",
    "aws_db_instance": "the database",
    "aws_dynamodb_table": "the table and its items",
    "aws_ebs_volume": "the volume",
    "aws_ecr_repository": "its images",
    "aws_efs_file_system": "its files",
    "aws_kinesis_stream": "the records it holds",
    "aws_kms_key": "the key: whatever is encrypted with it can't be read any more, once its waiting period is over",
    "aws_rds_cluster": "the database",
    "aws_s3_object": "the object",
    "aws_secretsmanager_secret": "the secret",
    "aws_sfn_state_machine": "its runs: those under way are stopped, and no earlier one can be looked at or redriven",
    "aws_sqs_queue": "the messages it holds",
    "aws_ssm_parameter": "the parameter",
}
# What is missed until someone does something by hand.
_MISSED: Mapping[str, str] = {
    "aws_iam_role": "the role's unique id: policies elsewhere that name it stop matching until they are written again",
    "aws_kms_grant": "the use of the key that it grants",
    "aws_s3_bucket_policy": "the bucket's whole policy",
    "aws_s3_bucket_versioning": "no more old versions are kept",
    "aws_sns_topic": "its subscriptions, which have to be confirmed again",
    "aws_sns_topic_subscription": "the subscription, which has to be confirmed again",
    "aws_lambda_invocation": "what its function did is undone",
}


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A resource that is destroyed.

    Args:
        lost: what goes with it; None where making it again brings everything back.
        blocking: whether it holds something and nobody allowed its destruction.
    """

    change: Change
    lost: str | None
    blocking: bool
    allowed: bool


def losses(plan: Plan, allowed: Iterable[str]) -> list[Loss]:
    """Everything that is destroyed or replaced, what blocks first."""
    addresses = set(allowed)
    found = []
    for change in plan.effective:
        if change.action not in ("delete", "replace"):
            continue
        holds = _held(change)
        found.append(
            Loss(
                change=change,
                lost=holds or _MISSED.get(change.type),
                blocking=holds is not None and change.address not in addresses,
                allowed=change.address in addresses,
            )
        )
    return sorted(found, key=lambda loss: (not loss.blocking, loss.lost is None, loss.change.address))


def _held(change: Change) -> str | None:
    there = change.before or {}
    if change.type == "aws_s3_bucket":
        emptied = " (force_destroy empties it first)" if there.get("force_destroy") else " (AWS refuses unless empty)"
        return f"the bucket {there.get('bucket')} with every object in it{emptied}"
    if change.type == "aws_cloudwatch_log_group":
        days = there.get("retention_in_days")
        kept = f"of {days} day{'s' if days > 1 else ''}" if days else "all there ever were"
        return f"the logs in {there.get('name')}, {kept}"
    return _HOLDS.get(change.type)
