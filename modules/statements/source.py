"""The source bucket's statements, on both sides of the account boundary."""

from __future__ import annotations

from collections.abc import Sequence

from modules.statements import Statements

# Over TLS or not at all: this refuses our own calls alone, and leaves the bucket's other readers as they are.
_OVER_TLS = {"Bool": {"aws:SecureTransport": "true"}}


def source_statements(
    *, bucket_arn: str, prefixes: Sequence[str], lister_principal: str, reader_principal: str
) -> Statements:
    """What the source bucket must allow: the lister to list `prefixes`, the reader to read the objects there.

    No prefixes means the whole bucket. The identity side must allow the same:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html
    """
    return [
        {"Principal": {"AWS": lister_principal}, **list_statement(bucket_arn, prefixes, conditions=_OVER_TLS)},
        {"Principal": {"AWS": reader_principal}, **read_statement(bucket_arn, prefixes), "Condition": _OVER_TLS},
    ]


def list_statement(
    bucket_arn: str, prefixes: Sequence[str], *, conditions: dict[str, dict[str, str]] | None = None
) -> dict[str, object]:
    """Listing `prefixes` of the source bucket, on either side of the account boundary."""
    statement: dict[str, object] = {
        "Sid": "ListSourceBucket",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": bucket_arn,
    }
    below = {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}} if prefixes else {}
    if condition := {**below, **(conditions or {})}:
        statement["Condition"] = condition
    return statement


def read_statement(bucket_arn: str, prefixes: Sequence[str]) -> dict[str, object]:
    """Reading the objects below `prefixes` of the source bucket, on either side of the account boundary."""
    return {
        "Sid": "ReadSourceObjects",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": [f"{bucket_arn}/{prefix}*" for prefix in prefixes or [""]],
    }
