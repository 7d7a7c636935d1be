"""The groups of settings of an environment, one class per table of its TOML file.

What differs by environment has no default. Tuning has one, and this is its only home. Units are in the names.
docs/settings.md is written from these descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from environments.group import Settings
from environments.values import (
    AccountId,
    BucketName,
    EmailAddress,
    KeyArn,
    MemoryMb,
    Prefix,
    Region,
    RoleArn,
    ScheduleExpression,
    TimeoutSeconds,
    Timezone,
    TopicArn,
)
from modules.asl.execution_type import EXPRESS, ExecutionType
from modules.asl.quotas import MAX_CONCURRENCY, MAX_INLINE_CONCURRENCY, MAX_ITEMS

# The keys of a batch take at most 128 KiB, as {"Key":"…"} and a comma: more than this many fit only if they are one
# character long. A batch's results are bounded by nothing.
MAX_ITEMS_PER_BATCH = 10_000
# Each shard has one child, and as many of the others as it has of the keys. So most children are of the second kind.
LEAST_CHILDREN_PER_LISTER = 4


class AccountSettings(Settings):
    """An AWS account, and how Terraform gets into it."""

    account_id: AccountId = Field(description="The account's 12 digits. Terraform refuses to touch any other account.")
    deploy_role_arn: RoleArn | None = Field(
        default=None,
        description="The role that Terraform assumes in this account. Without it, Terraform uses the caller's own"
        " credentials.",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.deploy_role_arn and f"::{self.account_id}:" not in self.deploy_role_arn:
            yield (
                "deploy_role_arn",
                f"this role belongs to another account than {self.account_id}: write a role of that account",
            )


class SourceSettings(AccountSettings):
    """The source account, which owns the data, and its bucket."""

    region: Region | None = Field(
        default=None, description="The source bucket's Region. Without it, the target account's Region."
    )
    bucket: BucketName = Field(description="The source bucket's name.")
    prefixes: tuple[Prefix, ...] = Field(
        description="The prefixes that mapspan may list and read, and that a run processes by default. An empty list"
        " means the whole bucket.",
        max_length=100,  # the bucket policy names each one, and holds 20 KB
    )
    bucket_policy: Literal["own", "merge", "handover"] = Field(
        default="own",
        description='"own": Terraform replaces the whole bucket policy. "merge": the deploy adds its statements to the'
        ' existing policy. "handover": the deploy changes nothing in the source account; it writes the statements to'
        " files, and the bucket's owner applies them.",
    )
    kms_key_arn: KeyArn | None = Field(
        default=None, description="The customer managed KMS key that encrypts the source objects, if there is one."
    )
    requester_pays: bool = Field(
        default=False,
        description="Whether the bucket is a Requester Pays bucket, whose requests and transfer the target account"
        " pays. S3 denies each request that does not agree to that.",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.bucket_policy == "handover" and self.deploy_role_arn:
            yield (
                "deploy_role_arn",
                'not used with bucket_policy = "handover", which deploys nothing in the source account: remove it',
            )
        if self.kms_key_arn and f":{self.account_id}:" not in self.kms_key_arn:
            yield (
                "kms_key_arn",
                f"this key belongs to another account than {self.account_id}: write a key of that account",
            )


class StateBackendSettings(Settings):
    """Where Terraform keeps its state."""

    type: Literal["s3", "local"] = Field(
        description='"s3": a bucket, with a native lock file. "local": a file beside main.py.'
    )
    bucket: BucketName | None = Field(
        default=None, description='The state bucket, in the target account. Required if type is "s3".'
    )
    region: Region | None = Field(
        default=None, description="The state bucket's Region. Without it, the target account's Region."
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.type == "s3" and not self.bucket:
            yield "bucket", 'required with type = "s3" but missing: write the state bucket, or type = "local"'
        if self.type == "local" and (self.bucket or self.region):
            yield "type", '"local" does not use bucket and region: remove them, or write type = "s3"'


class MapSettings(Settings):
    """The distributed Map that processes the keys."""

    execution_type: ExecutionType = Field(
        default=EXPRESS,
        description="The type of the child executions. EXPRESS children start fast, are cheap and end after five"
        " minutes; STANDARD children may run for a year.",
    )
    max_concurrency: int = Field(
        default=100,
        ge=1,
        le=MAX_CONCURRENCY,
        description="How many child executions run at the same time. Each one uses one Lambda instance.",
    )
    max_items_per_batch: int = Field(
        default=500,
        ge=1,
        description=f"How many keys one child execution gets, at most {MAX_ITEMS_PER_BATCH:,}. A batch also ends at"
        " 128 KiB of keys.",
    )
    tolerated_failure_percentage: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="A run succeeds if at most this percentage of its keys fails. Without it, and without"
        " tolerated_failure_count, one failed key fails the run.",
    )
    tolerated_failure_count: int | None = Field(
        default=None,
        ge=0,
        description="A run succeeds if at most this many of its keys fail. It excludes tolerated_failure_percentage.",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.max_items_per_batch > MAX_ITEMS_PER_BATCH:
            yield (
                "max_items_per_batch",
                f"{self.max_items_per_batch:,} keys do not fit a batch, which ends at 128 KiB of keys: write at most"
                f" {MAX_ITEMS_PER_BATCH:,}",
            )
        if self.tolerated_failure_percentage is not None and self.tolerated_failure_count is not None:
            yield "tolerated_failure_count", "tolerated_failure_percentage is set too: remove one of the two"


class ListObjectsSettings(Settings):
    """The list_objects function, which lists the source bucket. The defaults are measured: see benchmarks/."""

    memory_mb: MemoryMb = Field(default=1769, description="The function's memory. 1,769 MB is one whole vCPU.")
    timeout_seconds: TimeoutSeconds = Field(
        default=900,
        description="How long one invocation may take. The next invocation continues where it stopped.",
    )
    threads: int = Field(
        default=32,
        ge=1,
        le=64,
        description="How many pages the function lists at the same time, each from a key range of its own.",
    )
    keys_per_part: int = Field(
        default=100_000, ge=1_000, le=1_000_000, description="How many keys one part of the key list contains."
    )
    listers: int = Field(
        default=4,
        ge=1,
        le=MAX_INLINE_CONCURRENCY // 2,  # as many shards are processed in the same inline Map
        description="How many invocations list a large bucket at the same time, each into shards of its own, whose Map"
        f" Runs share map.max_concurrency. There are at most a {LEAST_CHILDREN_PER_LISTER}th of it. With 1, or with"
        " threads = 1, one invocation lists at a time.",
    )
    deal_after_seconds: int = Field(
        default=20,
        ge=0,
        le=600,
        description="How long the first invocation lists alone before it deals what is left to the listers, and what it"
        " listed is processed meanwhile. A bucket that is listed by then has one Map Run. A run with max_keys is never"
        " dealt.",
    )
    max_items_per_shard: int = Field(
        default=MAX_ITEMS,
        ge=1_000,
        le=MAX_ITEMS,
        description=f"How many keys one Map Run gets at most. AWS's limit is {MAX_ITEMS:,}. Further keys are listed"
        " into the shards of the next round.",
    )


class SummarizeRunSettings(Settings):
    """The summarize_run function, which adds up the ledger of a run."""

    memory_mb: MemoryMb = Field(
        default=1024, description="The function's memory. Its CPU and its network bandwidth grow with it."
    )
    timeout_seconds: TimeoutSeconds = Field(
        default=900,
        description="How long one invocation may take. The next invocation continues where it stopped.",
    )


class AlarmSettings(Settings):
    """Who is notified of alarms. By default nobody is; the alarms are on the dashboard."""

    email: EmailAddress | None = Field(
        default=None,
        description="The address that gets each alarm, once its owner has confirmed. The deploy creates an SNS topic"
        " for it, encrypted with a key that `mapspan bootstrap` creates.",
    )
    topic_arn: TopicArn | None = Field(
        default=None,
        description="An existing SNS topic that CloudWatch may publish to. It excludes email.",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.email and self.topic_arn:
            yield "email", "topic_arn is set too: remove one of the two, and subscribe the address to that topic"


class ScheduleSettings(Settings):
    """When runs start on their own. A run that still goes on does not prevent the next one."""

    expression: ScheduleExpression = Field(
        description='A rate, such as "rate(1 day)", or a cron, such as "cron(0 2 * * ? *)". The fields of a cron are'
        " minutes, hours, day of month, month, day of week and year."
    )
    timezone: Timezone = Field(default="UTC", description="The time zone of a cron expression, as an IANA name.")
    prefixes: tuple[Prefix, ...] = Field(
        default=(),
        description="The prefixes that a scheduled run processes. An empty list means all of source.prefixes.",
    )
