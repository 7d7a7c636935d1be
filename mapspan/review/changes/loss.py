"""What is lost when a resource is destroyed or keeps less, and which losses block a plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mapspan.review.changes.diminished import Diminished, diminished
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.marked_words import plain
from modules.pipeline.workflow.names import CODE

# The code of a function, under its hash: Lambda has a copy of it, and it is built again from the checkout.
_CODE = re.compile(rf"{CODE}[0-9a-f]{{64}}\.zip")
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
    """A resource that is destroyed, or that keeps less than before.

    Args:
        lost: what is lost; None if creating it again brings everything back.
        blocking: whether data is lost and that is not allowed.
        allowed: whether `--allow-destroy` names it.
    """

    change: ResourceChange
    lost: str | None
    blocking: bool
    allowed: bool

    @property
    def destroys(self) -> bool:
        """Whether the resource itself is destroyed, at least to be created again."""
        return self.change.action in ("delete", "replace")


def losses(plan: Plan, allow_destroy: Iterable[str]) -> list[Loss]:
    """Everything that is destroyed or replaced, or that keeps less than before; what blocks comes first."""
    allowed_addresses = set(allow_destroy)
    new_buckets = {
        str(change.value("bucket", "after"))
        for change in plan.effective
        if change.type == "aws_s3_bucket" and change.action == "create"
    }
    candidates = (
        _loss(change, diminished(change, new_buckets), allowed=change.address in allowed_addresses)
        for change in plan.effective
    )
    return sorted(
        (loss for loss in candidates if loss is not None),
        key=lambda loss: (not loss.blocking, loss.lost is None, loss.change.address),
    )


def _loss(change: ResourceChange, less: Sequence[Diminished], *, allowed: bool) -> Loss | None:
    destroys = change.action in ("delete", "replace")
    if not destroys and not less:
        return None
    held = _held(change) if destroys else None
    missed = _MISSED.get(change.type) if destroys else None
    words = [held or missed, *(item.words for item in less)]
    loses_data = held is not None or any(item.loses_data for item in less)
    return Loss(
        change=change,
        lost="; ".join(word for word in words if word) or None,
        blocking=loses_data and not allowed,
        allowed=allowed,
    )


def _held(change: ResourceChange) -> str | None:
    attributes = change.before or {}
    if change.type == "aws_s3_bucket":
        emptying = (
            "(force_destroy empties it first)" if attributes.get("force_destroy") else "(AWS refuses unless empty)"
        )
        return f"the bucket {plain(attributes.get('bucket'))} with every object in it {emptying}"
    if change.type == "aws_cloudwatch_log_group":
        retention = attributes.get("retention_in_days")
        days = retention if isinstance(retention, int) else 0
        age = f"the last {days} days" if days and days > 1 else "the last day" if days else "all time"
        return f"the logs of {age} in {plain(attributes.get('name'))}"
    if change.type == "aws_s3_object" and _CODE.fullmatch(str(attributes.get("key"))):
        return None
    return _HELD.get(change.type)
