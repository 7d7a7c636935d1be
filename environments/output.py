"""The settings of the job's output, and the rules that keep it apart from the other buckets."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pydantic import Field

from environments.group import Settings
from environments.settings import SourceSettings
from environments.values import AccountId, BucketName, KeyArn, OutputPrefix, Region


class OutputSettings(Settings):
    """Where the job writes objects. Without this table, it writes none."""

    bucket: BucketName | None = Field(
        default=None,
        description="An existing bucket. Without it, the deploy creates one in the target account, and keeps it.",
    )
    account_id: AccountId | None = Field(
        default=None,
        description="The account that owns the existing bucket. Without it, the target account. For another account,"
        " the deploy writes the statements for the bucket's policy to files, and the bucket's owner applies them.",
    )
    region: Region | None = Field(
        default=None, description="The existing bucket's Region. Without it, the target account's Region."
    )
    prefix: OutputPrefix = Field(
        default="",
        description="What the keys of all written objects begin with. The job names its keys below it.",
    )
    kms_key_arn: KeyArn | None = Field(
        default=None,
        description="The customer managed KMS key that encrypts the bucket, if there is one. Without it, a bucket that"
        " the deploy creates is encrypted with the environment's kms_key_arn, if that is set.",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.bucket is None:
            for field in ("account_id", "region"):
                if getattr(self, field) is not None:
                    yield field, "describes an existing bucket: write its name as bucket too, or remove this setting"


def output_problems(
    output: OutputSettings, *, target: str, region: str, source: SourceSettings, own_buckets: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield each field that contradicts the rest of the environment, and a sentence: what is wrong and what to write.

    Args:
        target: the target account.
        region: its Region.
        own_buckets: the buckets of key lists, inventories, replicas and Terraform's state.
    """
    account = output.account_id or target
    if output.bucket in own_buckets:
        yield "bucket", "mapspan keeps its own data in this bucket: write another bucket, or none"
    if output.bucket == source.bucket:
        yield from _source_bucket_problems(output, account, source)
    if output.kms_key_arn:
        if f":{account}:" not in output.kms_key_arn:
            yield "kms_key_arn", f"this key belongs to another account than {account}: write a key of that account"
        elif f":{output.region or region}:" not in output.kms_key_arn:
            yield (
                "kms_key_arn",
                f"this key is not in its bucket's Region, so S3 refuses it: write a key of {output.region or region}",
            )


def _source_bucket_problems(output: OutputSettings, account: str, source: SourceSettings) -> Iterator[tuple[str, str]]:
    """A job that writes what the next run lists makes the bucket grow with each run."""
    if account != source.account_id:
        yield "account_id", f'{source.bucket} belongs to the source account: write "{source.account_id}"'
    if any(output.prefix.startswith(prefix) or prefix.startswith(output.prefix) for prefix in source.prefixes or [""]):
        yield (
            "prefix",
            f"what the job writes to {source.bucket} would be processed by the next run, and grow with each one: write"
            " a prefix apart from source.prefixes, or another bucket",
        )
    if source.bucket_policy != "handover":
        yield (
            "bucket",
            f'{source.bucket} is also the source bucket, and with bucket_policy = "{source.bucket_policy}" the deploy'
            ' sets its policy for reading only: write another bucket, or source.bucket_policy = "handover", so that its'
            " owner allows both",
        )
