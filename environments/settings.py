"""The groups of settings of an environment: frozen, and refusing to exist wrong.

What differs by environment has no default; tuning has one, written here once. Units stand in the names.
`environments/files.py` reads them from TOML and words their errors.
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
from modules.asl.execution_type import ExecutionType

# Half of a child's 256 KiB of output is for its keys; the rest must leave each outcome the 208 bytes that
# lambdas/process_objects/outcome.py holds to, or it refuses the batch. A test in tests/unit/lambdas says so.
MAX_ITEMS_PER_BATCH = 600


class AccountSettings(Settings):
    """An AWS account, and how to deploy into it."""

    account_id: AccountId = Field(description="The account's 12 digits. Terraform refuses to touch any other account.")
    deploy_role_arn: RoleArn | None = Field(
        default=None,
        description="The role Terraform assumes in this account; by default, the caller's own.",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.deploy_role_arn and f"::{self.account_id}:" not in self.deploy_role_arn:
            yield (
                "deploy_role_arn",
                f"is a role of another account than {self.account_id}: name one of its own",
            )


class SourceSettings(AccountSettings):
    """The source account, which owns the data, and the bucket to process."""

    region: Region | None = Field(default=None, description="The bucket's Region, where it is not the target's.")
    bucket: BucketName = Field(description="The source bucket's name.")
    prefixes: tuple[Prefix, ...] = Field(
        description="The prefixes that may be listed, and that a run takes by default. Empty: the whole bucket.",
        max_length=100,  # the bucket policy names each one, and holds 20 KB
    )
    bucket_policy: Literal["own", "merge", "handover"] = Field(
        default="own",
        description='"own": the bucket\'s whole policy is ours. "merge": ours stands among the statements it has.'
        ' "handover": we touch nothing in the source account; its owner applies what the deploy emits.',
    )
    kms_key_arn: KeyArn | None = Field(
        default=None, description="The key the source's objects are encrypted with, where that is a customer's."
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.bucket_policy == "handover" and self.deploy_role_arn:
            yield "deploy_role_arn", 'is needless where bucket_policy is "handover", which deploys nothing there'
        if self.kms_key_arn and f":{self.account_id}:" not in self.kms_key_arn:
            yield "kms_key_arn", f"is a key of another account than {self.account_id}: name one of its own"


class StateBackendSettings(Settings):
    """Where Terraform keeps its state."""

    type: Literal["s3", "local"] = Field(
        description='"s3", with a native lock file, or "local", a file beside main.py.'
    )
    bucket: BucketName | None = Field(default=None, description="The state bucket, in the target account.")
    region: Region | None = Field(default=None, description="The state bucket's Region, where it is not the target's.")

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.type == "s3" and not self.bucket:
            yield "bucket", 'is missing: name the state bucket, or set type = "local"'
        if self.type == "local" and (self.bucket or self.region):
            yield (
                "type",
                'is "local", which takes neither bucket nor region: take them out, or set type = "s3"',
            )


class MapSettings(Settings):
    """The distributed Map's tuning."""

    execution_type: ExecutionType = Field(
        default="EXPRESS",
        description="EXPRESS children start fast, cost cents and end after five minutes; STANDARD may run a year.",
    )
    max_concurrency: int = Field(
        default=100,
        ge=1,
        le=10_000,
        description="Children that run at once. Each one holds a Lambda instance.",
    )
    max_items_per_batch: int = Field(
        default=100, ge=1, description="Keys given to one child. Its input also ends at 128 KiB of keys."
    )
    tolerated_failure_percentage: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="The share of keys that may fail in a run that still succeeds.",
    )
    tolerated_failure_count: int | None = Field(
        default=None, ge=0, description="The number of keys that may fail in a run that still succeeds."
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.max_items_per_batch > MAX_ITEMS_PER_BATCH:
            yield (
                "max_items_per_batch",
                f"{self.max_items_per_batch} keys and their results don't fit the 256 KiB of a child's input and"
                f" output: {MAX_ITEMS_PER_BATCH} at most",
            )
        if self.tolerated_failure_percentage is not None and self.tolerated_failure_count is not None:
            yield "tolerated_failure_count", "stands beside tolerated_failure_percentage: keep one of the two"


class ListObjectsSettings(Settings):
    """The list_objects function. The defaults are measured: see benchmarks/."""

    memory_mb: MemoryMb = Field(default=1769, description="Memory; 1,769 MB is one whole vCPU.")
    timeout_seconds: TimeoutSeconds = Field(default=900, description="One invocation's time; the next one goes on.")
    threads: int = Field(
        default=32, ge=1, le=64, description="Pages fetched at once, each from a key range of its own."
    )
    keys_per_part: int = Field(default=100_000, ge=1_000, le=1_000_000, description="Keys in one part of the key list.")


class ProcessObjectsSettings(Settings):
    """The process_objects function."""

    memory_mb: MemoryMb = Field(default=1024, description="Memory; CPU and network grow with it.")
    timeout_seconds: TimeoutSeconds = Field(default=240, description="One batch's time.")
    threads: int = Field(default=16, ge=1, le=64, description="Objects read at once within one batch.")
    reserved_concurrency: int | None = Field(
        default=None, ge=1, description="Lambda instances kept for this function alone; none by default."
    )


class SummarizeRunSettings(Settings):
    """The summarize_run function."""

    memory_mb: MemoryMb = Field(default=1024, description="Memory; CPU and network grow with it.")
    timeout_seconds: TimeoutSeconds = Field(default=900, description="One invocation's time; the next one goes on.")


class AlarmSettings(Settings):
    """Whom the alarms notify; by default, nobody: they show on the dashboard."""

    email: EmailAddress | None = Field(
        default=None,
        description="Gets each alarm, by an encrypted topic of the environment's own, once its owner has confirmed.",
    )
    topic_arn: TopicArn | None = Field(
        default=None, description="An SNS topic that exists, which CloudWatch may publish to, in place of an own one."
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.email and self.topic_arn:
            yield "email", "stands beside topic_arn: keep one of the two, and subscribe the address to that topic"


class ScheduleSettings(Settings):
    """When runs start by themselves. A run that is still going on doesn't keep the next one from starting."""

    expression: ScheduleExpression = Field(
        description='A rate such as "rate(1 day)", or a cron such as "cron(0 2 * * ? *)": minutes, hours, day of'
        " month, month, day of week, year."
    )
    timezone: Timezone = Field(default="UTC", description="The time zone that a cron expression means.")
    prefixes: tuple[Prefix, ...] = Field(
        default=(), description="What a scheduled run lists; by default, all that the environment allows."
    )
