"""Limits statements on buckets to the accounts that own them: a bucket's name may become someone else's.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modules.bucket_reference import BucketReference
from modules.statements import Statements


def in_owners_accounts(needs: Mapping[str, Statements], buckets: Sequence[BucketReference]) -> dict[str, Statements]:
    """The same needs, with the owner's account as a condition of each S3 statement on one of the buckets."""
    return {need: [_limited(statement, buckets) for statement in statements] for need, statements in needs.items()}


def _limited(statement: Mapping[str, Any], buckets: Sequence[BucketReference]) -> Mapping[str, Any]:
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    for bucket in buckets:
        if all(resource == bucket.arn or resource.startswith(f"{bucket.arn}/") for resource in resources):
            owner = {"StringEquals": {"aws:ResourceAccount": bucket.location.account_id}}
            return {**statement, "Condition": {**statement.get("Condition", {}), **owner}}
    return statement
