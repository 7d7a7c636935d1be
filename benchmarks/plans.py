"""Plans of many roles, as `terraform show -json` prints them."""

from __future__ import annotations

import json
from typing import Any

from environments.environment import Environment

LOG_GROUPS_PER_ROLE = 5


def plan_of_roles(environment: Environment, roles: int) -> dict[str, Any]:
    """A plan that creates a bucket, a key, and `roles` roles in the target account.

    Each role may read and list its own prefix of the bucket and decrypt what lies there, and writes its own logs.
    """
    entries = [*_bucket(environment), *(entry for number in range(roles) for entry in _role(environment, number))]
    return {
        "format_version": "1.2",
        "planned_values": {},
        "complete": True,
        "resource_changes": [entry for entry, _ in entries],
        "configuration": {
            "provider_config": {
                "aws": {
                    "expressions": {"allowed_account_ids": {"constant_value": [environment.target.account_id]}},
                }
            },
            "root_module": {"resources": [resource for _, resource in entries]},
        },
    }


_EntryAndResource = tuple[dict[str, Any], dict[str, Any]]


def _bucket(environment: Environment) -> list[_EntryAndResource]:
    return [
        _created("aws_s3_bucket.data", {"bucket": f"{environment.prefix}-data"}, unknown=["arn", "id"]),
        _created("aws_kms_key.data", {"description": "data"}, unknown=["arn", "id", "policy"]),
    ]


def _role(environment: Environment, number: int) -> list[_EntryAndResource]:
    name, logs = f"{environment.prefix}-worker-{number}", f"arn:aws:logs:*:{environment.target.account_id}:log-group:"
    trust = _policy(
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    )
    policy = _policy(
        {
            "Sid": "List",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "${aws_s3_bucket.data.arn}",
            "Condition": {"StringLike": {"s3:prefix": [f"{number}/*"]}},
        },
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": f"${{aws_s3_bucket.data.arn}}/{number}/*",
        },
        {"Sid": "Decrypt", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "${aws_kms_key.data.arn}"},
        {"Sid": "Log", "Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": f"{logs}/{name}/*:*"},
    )
    return [
        _created(
            f"aws_iam_role.worker_{number}",
            {"name": name, "path": "/", "assume_role_policy": trust},
            unknown=["arn", "id", "unique_id"],
        ),
        _created(
            f"aws_iam_role_policy.worker_{number}",
            {"name": "data"},
            unknown=["id"],
            templates={"role": f"${{aws_iam_role.worker_{number}.name}}", "policy": policy},
        ),
        *(
            _created(
                f"aws_cloudwatch_log_group.worker_{number}_{log_group}",
                {"name": f"/{name}/{log_group}", "retention_in_days": 30},
                unknown=["arn", "id"],
            )
            for log_group in range(LOG_GROUPS_PER_ROLE)
        ),
    ]


def _created(
    address: str, attributes: dict[str, Any], *, unknown: list[str], templates: dict[str, str] | None = None
) -> _EntryAndResource:
    """A created resource's entry in the plan, and its configuration."""
    expressions = {name: {"constant_value": text, "references": [text]} for name, text in (templates or {}).items()}
    marks = dict.fromkeys([*unknown, *expressions], True)
    change = {"actions": ["create"], "before": None, "after": attributes, "after_unknown": marks}
    entry = {"address": address, "mode": "managed", "type": address.split(".", maxsplit=1)[0], "change": change}
    return entry, {"address": address, "provider_config_key": "aws", "expressions": expressions}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
