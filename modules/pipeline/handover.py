"""Handover: what the source account's owner applies, where we may change nothing in that account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import cdktf
from constructs import Construct

from modules.bucket_reference import BucketReference
from modules.statements import policy_document
from modules.statements.source import key_policy_statement, source_statements
from modules.terraform_template import json_literal


@dataclass(frozen=True, kw_only=True)
class Request:
    """Something that the source account's owner is asked to set up: its files by name, and words that explain how."""

    files: Mapping[str, object]
    words: str


class Handover(Construct):
    """The exact policies as files, with instructions, below `handover/<environment>` of the app's output.

    Args:
        bucket: the source bucket, with the prefixes that access is asked for.
        target: the account that asks.
        lister, reader: the roles' ARNs, None for a role that needs no access. They are literal: the other side has no
            Terraform that resolves references.
        requests: what is asked for besides policies.

    Exposes `outputs`: the same documents by output name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: str,
        bucket: BucketReference,
        target: str,
        lister: str | None,
        reader: str | None,
        sid_prefix: str,
        requests: Sequence[Request] = (),
    ) -> None:
        super().__init__(scope, id_)
        all_requests = [
            *_bucket_policy(bucket, lister, reader, sid_prefix),
            _object_ownership(bucket),
            *_key_policy(bucket, reader, sid_prefix),
            *requests,
        ]
        files = {name: file for request in all_requests for name, file in request.files.items()}
        self.outputs = {f"handover_{name.replace('-', '_')}": json_literal(file) for name, file in files.items()}
        directory = Path(cdktf.App.of(self).outdir) / "handover" / environment
        _write(directory, files, _readme(environment, bucket, target, [request.words for request in all_requests]))


def _bucket_policy(
    bucket: BucketReference, lister: str | None, reader: str | None, sid_prefix: str
) -> Iterator[Request]:
    statements = source_statements(
        bucket_arn=bucket.arn,
        prefixes=bucket.prefixes,
        lister_principal=lister,
        reader_principal=reader,
        sid_prefix=sid_prefix,
    )
    if statements:
        yield Request(
            files={"bucket-policy": policy_document(statements)},
            words=f"""If the bucket has no policy, apply `bucket-policy.json` as it is:

```sh
aws s3api put-bucket-policy --bucket {bucket.name} --policy file://bucket-policy.json
```

If it has one (`aws s3api get-bucket-policy --bucket {bucket.name}`), add the statements to it: `put-bucket-policy`
replaces the whole policy. To withdraw the access, remove the statements again, by their Sids.""",
        )


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


def _write(directory: Path, files: Mapping[str, object], readme: str) -> None:
    """Write the documents and the instructions; documents of an earlier synthesis are deleted."""
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("*.json"):
        stale.unlink()
    for name, file in files.items():
        (directory / f"{name}.json").write_text(json.dumps(file, indent=2) + "\n", encoding="utf-8")
    (directory / "README.md").write_text(readme, encoding="utf-8")


def _readme(environment: str, bucket: BucketReference, target: str, steps: Sequence[str]) -> str:
    """The instructions for the source account's owner, in Markdown."""
    numbered = "\n".join(f"{number}. {indent(step, '   ').strip()}\n" for number, step in enumerate(steps, start=1))
    return f"""# What {environment} needs of account {bucket.location.account_id}

Account {target} asks to process objects of your bucket `{bucket.name}`. We need only what is listed here, and
write nothing to your account. The roles of account {target} that are named here exist as soon as it has deployed: S3
and KMS refuse a policy that names a role which doesn't exist yet.

{numbered}
Then `mapspan check-access {environment}` in account {target} tries each call and reports what is still missing.
"""
