"""The accounts of resources whose provider a plan doesn't show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.iam.accounts import ACCOUNT_OF


def with_accounts(changes: Sequence[ResourceChange], bucket_accounts: Mapping[str, str]) -> list[ResourceChange]:
    """Changes with the account of their provider or, if that is unknown, of their ARN, bucket or role."""
    by_arn = [change if change.account_id else replace(change, account_id=_arn_account(change)) for change in changes]
    buckets, roles = dict(bucket_accounts), {}
    for change in by_arn:
        for attributes in (change.before, change.after):
            if change.account_id and attributes and isinstance(attributes.get("bucket"), str):
                buckets.setdefault(attributes["bucket"], change.account_id)
            if change.account_id and attributes and change.type == "aws_iam_role":
                roles[str(attributes.get("name"))] = change.account_id

    def account_id(change: ResourceChange) -> str | None:
        attributes = change.before or change.after or {}
        return change.account_id or buckets.get(str(attributes.get("bucket"))) or roles.get(str(attributes.get("role")))

    return [replace(change, account_id=account_id(change)) for change in by_arn]


def _arn_account(change: ResourceChange) -> str | None:
    arn = (change.before or change.after or {}).get("arn")
    match = ACCOUNT_OF.match(arn) if isinstance(arn, str) else None
    return match[1] if match else None
