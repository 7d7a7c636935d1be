"""What the source account's owner is asked to set up so that our roles read its bucket."""

from __future__ import annotations

from collections.abc import Iterator

from modules.bucket_reference import BucketReference
from modules.pipeline.handover import Request, bucket_policy_request
from modules.statements import policy_document
from modules.statements.source import key_policy_statement, source_statements


def source_requests(
    bucket: BucketReference, *, lister: str | None, reader: str | None, reads_tags: bool, sid_prefix: str
) -> Iterator[Request]:
    """The policies of the source bucket and its key, with the words that say how to apply them.

    Args:
        bucket: the source bucket, with the prefixes that access is asked for.
        lister, reader: the roles' ARNs, None for a role that needs no access. They are literal: the other side has no
            Terraform that resolves references.
    """
    statements = source_statements(
        bucket_arn=bucket.arn,
        prefixes=bucket.prefixes,
        lister_principal=lister,
        reader_principal=reader,
        reads_tags=reads_tags,
        sid_prefix=sid_prefix,
    )
    if statements:
        yield bucket_policy_request(bucket.name, policy_document(statements))
    yield _object_ownership(bucket)
    yield from _key_policy(bucket, reader, sid_prefix)


def _object_ownership(bucket: BucketReference) -> Request:
    return Request(
        files={},
        words=f"""Let us know if the bucket's object ownership is not *bucket owner enforced*
(`aws s3api get-bucket-ownership-controls --bucket {bucket.name}`): we can't read an object that another account wrote
and still owns, whatever is allowed here.""",
    )


def _key_policy(bucket: BucketReference, reader: str | None, sid_prefix: str) -> Iterator[Request]:
    if reader and bucket.key_arn:
        statement = key_policy_statement(
            key_arn=bucket.key_arn,
            bucket_arn=bucket.arn,
            prefixes=bucket.prefixes,
            reader_principal=reader,
            sid_prefix=sid_prefix,
        )
        yield Request(
            files={"key-policy-statement": statement},
            words=f"""Add the statement in `key-policy-statement.json` to the policy of the key `{bucket.key_arn}`. It
lets the reading role decrypt, only through S3 and only objects of this bucket. A grant works too, but can't be
limited like that:

```sh
aws kms create-grant --key-id {bucket.key_arn} --operations Decrypt --grantee-principal <the statement's principal>
```""",
        )
