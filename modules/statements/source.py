"""The statements for the source bucket, in the target account's roles and in the source account's policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modules.statements import Statements
from modules.statements.keys import DECRYPT, key_statement

READ, READ_TAGS = "s3:GetObject", "s3:GetObjectTagging"

# Only over TLS. The condition limits our own calls and does not change the access of the bucket's other readers.
_OVER_TLS = {"Bool": {"aws:SecureTransport": "true"}}


def source_statements(
    *,
    bucket_arn: str,
    prefixes: Sequence[str],
    lister_principal: str | None,
    reader_principal: str | None,
    reads_tags: bool = False,
    sid_prefix: str = "",
) -> Statements:
    """What the source bucket's policy must allow: the lister to list `prefixes`, the reader to read the objects there.

    With `reads_tags`, the reader also reads their tags.

    A principal of None gets no statement; no prefixes means the whole bucket. In a shared policy, `sid_prefix`
    distinguishes our statements from those of others. The identity side must allow the same:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html
    """
    listing = list_statement(bucket_arn, prefixes, conditions=_OVER_TLS)
    reading = over_tls(read_statement(bucket_arn, prefixes))
    if reads_tags:  # in one statement: each names all prefixes, and a bucket policy holds 20 KB
        reading["Action"] = [READ, READ_TAGS]
    return [
        {"Principal": {"AWS": principal}, **statement, "Sid": f"{sid_prefix}{statement['Sid']}"}
        for principal, statement in ((lister_principal, listing), (reader_principal, reading))
        if principal is not None
    ]


def over_tls(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement without a condition, limited to calls over TLS, for another account's bucket policy."""
    return {**statement, "Condition": _OVER_TLS}


def key_policy_statement(
    *, key_arn: str, bucket_arn: str, prefixes: Sequence[str], reader_principal: str, sid_prefix: str
) -> dict[str, object]:
    """What the policy of the source bucket's KMS key must allow: the reader to decrypt the objects below `prefixes`.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
    """
    statement = decrypt_statement(key_arn=key_arn, bucket_arn=bucket_arn, prefixes=prefixes)
    for_key_policy = {"Sid": f"{sid_prefix}{statement['Sid']}", "Resource": "*"}  # in a key's policy, the key itself
    return {"Principal": {"AWS": reader_principal}, **statement, **for_key_policy}


def decrypt_statement(*, key_arn: str, bucket_arn: str, prefixes: Sequence[str]) -> dict[str, object]:
    """Decrypting the objects below `prefixes` of the source bucket, for the reader's role."""
    return key_statement(
        sid="DecryptSourceObjects", actions=DECRYPT, key_arn=key_arn, bucket_arn=bucket_arn, prefixes=prefixes
    )


def list_statement(
    bucket_arn: str, prefixes: Sequence[str], *, conditions: dict[str, dict[str, str]] | None = None
) -> dict[str, object]:
    """Listing `prefixes` of the source bucket, for a role or without its principal for a bucket policy."""
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
    """Reading the objects below `prefixes` of the source bucket, for a role or a bucket policy."""
    return {
        "Sid": "ReadSourceObjects",
        "Effect": "Allow",
        "Action": READ,
        "Resource": _objects(bucket_arn, prefixes),
    }


def read_tags_statement(bucket_arn: str, prefixes: Sequence[str]) -> dict[str, object]:
    """Reading the tags of the objects below `prefixes` of the source bucket, for a role."""
    return {
        "Sid": "ReadSourceTags",
        "Effect": "Allow",
        "Action": READ_TAGS,
        "Resource": _objects(bucket_arn, prefixes),
    }


def _objects(bucket_arn: str, prefixes: Sequence[str]) -> list[str]:
    return [f"{bucket_arn}/{prefix}*" for prefix in prefixes or [""]]
