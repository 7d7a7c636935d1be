"""Handover: what the source account's owner has to apply, where we may not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cdktf
from constructs import Construct

from modules.statements.source import key_policy_statement, source_statements
from modules.terraform_template import json_literal


class Handover(Construct):
    """The exact policies as files, with words to follow, below `handover/<environment>` of the app's output.

    Args:
        bucket, account_id: the source bucket and its account.
        target: the account that asks.
        lister, reader: the roles' ARNs: there is no Terraform on the other side to resolve references.
        key_arn: the customer's key that the bucket is encrypted with, None where there is none.

    Exposes `outputs`: the same policies by output name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: str,
        bucket: str,
        bucket_arn: str,
        account_id: str,
        target: str,
        prefixes: Sequence[str],
        lister: str,
        reader: str,
        sid_prefix: str,
        key_arn: str | None,
    ) -> None:
        super().__init__(scope, id_)
        shared: dict[str, Any] = {
            "bucket_arn": bucket_arn,
            "prefixes": prefixes,
            "reader_principal": reader,
            "sid_prefix": sid_prefix,
        }
        statements = source_statements(**shared, lister_principal=lister)
        files: dict[str, object] = {"bucket-policy": {"Version": "2012-10-17", "Statement": list(statements)}}
        if key_arn is not None:
            files["key-policy-statement"] = key_policy_statement(**shared, key_arn=key_arn)
        self.outputs = {f"handover_{name.replace('-', '_')}": json_literal(file) for name, file in files.items()}
        directory = Path(cdktf.App.of(self).outdir) / "handover" / environment
        directory.mkdir(parents=True, exist_ok=True)
        for stale in directory.glob("*.json"):
            stale.unlink()
        for name, file in files.items():
            (directory / f"{name}.json").write_text(json.dumps(file, indent=2) + "\n", encoding="utf-8")
        words = _words(environment=environment, bucket=bucket, account_id=account_id, target=target, key_arn=key_arn)
        (directory / "README.md").write_text(words, encoding="utf-8")


def _words(*, environment: str, bucket: str, account_id: str, target: str, key_arn: str | None) -> str:
    """What the source account's owner has to do, in Markdown."""
    key_step = (
        f"""
3. Add the statement in `key-policy-statement.json` to the policy of the key `{key_arn}`. It lets the reading role
   decrypt, only through S3 and only objects of this bucket. A grant serves as well, but can't be narrowed so:

   ```sh
   aws kms create-grant --key-id {key_arn} --operations Decrypt --grantee-principal <the statement's principal>
   ```
"""
        if key_arn
        else ""
    )
    return f"""# What {environment} needs of account {account_id}

Account {target} asks to read objects of your bucket `{bucket}`. Nothing but what stands here is needed, and nothing is
written to your account. The roles named here exist as soon as account {target} has deployed: S3 and KMS refuse a policy
that names a role which doesn't exist yet.

1. If the bucket has no policy, apply `bucket-policy.json` as it is:

   ```sh
   aws s3api put-bucket-policy --bucket {bucket} --policy file://bucket-policy.json
   ```

   If it has one (`aws s3api get-bucket-policy --bucket {bucket}`), add the statements to it: `put-bucket-policy`
   replaces the whole policy. To take the access back, take the statements out again, by their Sids.
2. Tell us if the bucket's object ownership is not *bucket owner enforced*
   (`aws s3api get-bucket-ownership-controls --bucket {bucket}`): objects that another account wrote, and still owns,
   stay unreadable to us whatever the policy says.
{key_step}
Then `mapspan check-access {environment}` in account {target} tries each call and says which grant is still missing.
"""
