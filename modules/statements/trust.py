"""Who may assume a role."""

from __future__ import annotations

from collections.abc import Mapping


def trust(service: str, *, condition: Mapping[str, object] | None = None) -> dict[str, object]:
    """A trust policy: `service` alone may assume the role, under `condition`."""
    statement = {
        "Sid": "Trust",
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}


def trust_state_machine(*, account_id: str, state_machine_arn: str) -> dict[str, object]:
    """Step Functions may assume the role, for one machine alone.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
    """
    return trust(
        "states",
        condition={
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": state_machine_arn},
        },
    )


def trust_schedules(*, account_id: str, group_arn: str) -> dict[str, object]:
    """EventBridge Scheduler may assume the role, for one group's schedules alone: it names the group as the source.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    return trust(
        "scheduler",
        condition={
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": group_arn},
        },
    )
