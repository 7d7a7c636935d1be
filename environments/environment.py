"""Environment: all settings of one deployment, and the rules across its groups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field

from environments.group import Settings
from environments.key_sources import InventorySettings
from environments.settings import (
    AccountSettings,
    AlarmSettings,
    ListObjectsSettings,
    MapSettings,
    ProcessObjectsSettings,
    ScheduleSettings,
    SourceSettings,
    StateBackendSettings,
    SummarizeRunSettings,
)
from environments.values import KeyArn, LogRetentionDays, LoopbackUrl, Region
from modules.pipeline.workflow.names import KeySourceName

# Express executions end at five minutes; the margin lets the function's own timeout be the one that speaks.
EXPRESS_MAX_TIMEOUT_SECONDS = 290
ENVIRONMENT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME_LENGTH = 63
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_NAME_LENGTH = 64


class Environment(Settings):
    """One environment: everything that `environments/<name>.toml` says, and its name."""

    name: str = Field(description="The file's name without .toml: the stack's id, and part of every resource's name.")
    region: Region = Field(description="The target account's Region, where everything runs.")
    target: AccountSettings = Field(description="The target account, which runs the work.")
    source: SourceSettings = Field(description="The source account, which owns the data.")
    state_backend: StateBackendSettings = Field(description="Where Terraform keeps its state.")
    key_source: KeySourceName = Field(
        default="listing",
        description='Where keys come from. "listing": a function lists the source bucket. "inventory": the newest S3'
        ' Inventory of it. "replication": a replica of it in the target account. Decision 0053 says when to use which.',
    )
    inventory: InventorySettings = Field(
        default=InventorySettings(), description='The inventory, where key_source is "inventory".'
    )
    log_retention_days: LogRetentionDays = Field(description="Days that CloudWatch keeps the logs.")
    run_retention_days: int | None = Field(
        default=None,
        ge=1,
        le=3_650,
        description="Days that key lists and results are kept; without it, for ever.",
    )
    kms_key_arn: KeyArn | None = Field(
        default=None,
        description="A key of the target account for the runs bucket; by default S3's own. Its policy must let the"
        " account's IAM policies decide, as KMS's default policy does.",
    )
    tags: dict[str, str] = Field(description="Tags on every resource that takes them.", max_length=45)  # AWS allows 50
    map: MapSettings = Field(default=MapSettings(), description="The distributed Map's tuning.")
    list_objects: ListObjectsSettings = Field(default=ListObjectsSettings(), description="The listing function.")
    process_objects: ProcessObjectsSettings = Field(
        default=ProcessObjectsSettings(), description="The function that processes a batch."
    )
    summarize_run: SummarizeRunSettings = Field(
        default=SummarizeRunSettings(), description="The function that adds up the ledger."
    )
    alarms: AlarmSettings = Field(default=AlarmSettings(), description="Whom the alarms notify.")
    schedule: ScheduleSettings | None = Field(
        default=None, description="When runs start by themselves; by default, never."
    )
    local_cloud_url: LoopbackUrl | None = Field(
        default=None,
        description="The local cloud's address, in an environment that lives there instead of AWS.",
    )

    @property
    def is_local(self) -> bool:
        """Whether the environment lives in the local cloud, which nothing outlives."""
        return self.local_cloud_url is not None

    @property
    def prefix(self) -> str:
        """What every name of this environment begins with."""
        return f"mapspan-{self.name}"

    @property
    def runs_bucket(self) -> str:
        """The bucket of key lists and results; account and Region keep it unique among everyone's buckets."""
        return f"{self.prefix}-runs-{self.target.account_id}-{self.region}"

    @property
    def inventory_bucket(self) -> str:
        """The bucket that inventories are delivered to."""
        existing = self.inventory.existing
        return existing.bucket if existing else f"{self.prefix}-inventory-{self.target.account_id}-{self.region}"

    @property
    def replica_bucket(self) -> str:
        """The bucket that holds the replica."""
        return f"{self.prefix}-replica-{self.target.account_id}-{self.region}"

    @property
    def state_key(self) -> str:
        """The key of Terraform's state in the state bucket."""
        return f"mapspan/{self.name}/terraform.tfstate"

    @property
    def sid_prefix(self) -> str:
        """What our Sids begin with in a policy that holds statements of others too: a Sid has no hyphens."""
        return "".join(part.capitalize() for part in self.prefix.split("-"))

    @property
    def source_region(self) -> str:
        """The source bucket's Region."""
        return self.source.region or self.region

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from self._names_that_do_not_fit()
        if self.source.account_id == self.target.account_id:
            yield (
                "source.account_id",
                "is target.account_id: Step Functions lists a bucket of its own account itself; name the other"
                " account, which owns the bucket",
            )
        for field, key, account_id, region in (
            ("kms_key_arn", self.kms_key_arn, self.target.account_id, self.region),
            ("source.kms_key_arn", self.source.kms_key_arn, self.source.account_id, self.source_region),
        ):
            if key and f":{account_id}:" in key and f":{region}:" not in key:
                yield field, f"is a key of another Region than its bucket's, which S3 refuses: name one of {region}"
        if self.kms_key_arn and f":{self.target.account_id}:" not in self.kms_key_arn:
            yield "kms_key_arn", f"is a key of another account than {self.target.account_id}: name one of its own"
        timeout = self.process_objects.timeout_seconds
        if self.map.execution_type == "EXPRESS" and timeout > EXPRESS_MAX_TIMEOUT_SECONDS:
            yield (
                "process_objects.timeout_seconds",
                f"{timeout} is longer than an EXPRESS child lives (five minutes): {EXPRESS_MAX_TIMEOUT_SECONDS} at"
                ' most, or set map.execution_type = "STANDARD"',
            )
        reserved = self.process_objects.reserved_concurrency
        if reserved is not None and self.map.max_concurrency > reserved:
            yield (
                "map.max_concurrency",
                f"{self.map.max_concurrency} children would share {reserved} instances and be throttled: lower it,"
                " or raise process_objects.reserved_concurrency",
            )

        yield from key_source_problems(self)
        yield from self._scheduled_prefixes_that_are_not_allowed()

    def _scheduled_prefixes_that_are_not_allowed(self) -> Iterator[tuple[str, str]]:
        allowed = self.source.prefixes
        for prefix in self.schedule.prefixes if self.schedule else ():
            if allowed and not prefix.startswith(allowed):
                yield (
                    "schedule.prefixes",
                    f"holds {prefix}, which lies below none of source.prefixes: each scheduled run would be denied",
                )

    def _names_that_do_not_fit(self) -> Iterator[tuple[str, str]]:
        if not ENVIRONMENT_NAME.fullmatch(self.name):
            yield (
                "name",
                "does not fit a bucket's name: a-z, 0-9 and single hyphens, a letter first",
            )
        made = {"listing": self.runs_bucket, "inventory": self.inventory_bucket, "replication": self.replica_bucket}
        bucket = max(self.runs_bucket, made[self.key_source], key=len)
        longest_role = len(f"{self.prefix}-batch-replication")
        excess = max(len(bucket) - BUCKET_NAME_LENGTH, longest_role - ROLE_NAME_LENGTH)
        if excess > 0:
            yield (
                "name",
                f"makes {bucket}, longer than the {BUCKET_NAME_LENGTH} characters of a bucket's name:"
                f" rename the file, {excess} characters shorter",
            )


def key_source_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    """Each field that contradicts the key source, and what to do about it."""
    if environment.key_source != "inventory" and environment.inventory != InventorySettings():
        yield "inventory", 'is read where key_source is "inventory" alone: take it out, or set that'
    if environment.key_source != "listing" and environment.list_objects != type(environment.list_objects)():
        yield "list_objects", 'is the listing\'s function: take it out, or set key_source = "listing"'
    if environment.key_source == "inventory":
        yield from _inventory_problems(environment)
    if environment.key_source == "replication":
        yield from _replication_problems(environment)


def _inventory_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    source, existing = environment.source, environment.inventory.existing
    if environment.source_region != environment.region:
        yield (
            "source.region",
            f"S3 delivers an inventory within the bucket's own Region, {source.region}, and the Map in its own,"
            f' {environment.region}: deploy to {source.region}, or set key_source = "listing"',
        )
    if len(source.prefixes) > 1:
        yield (
            "source.prefixes",
            "an inventory covers one prefix, and a run reads one inventory: name one prefix here, or none for the"
            " whole bucket, and make an environment for each",
        )
    if environment.schedule and environment.schedule.prefixes:
        yield "schedule.prefixes", "a run takes an inventory whole: take them out"
    if existing and existing.kms_key_arn and f":{environment.region}:" not in existing.kms_key_arn:
        yield "inventory.existing.kms_key_arn", f"is a key of another Region than its bucket's, {environment.region}"


def _replication_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    source = environment.source
    if source.bucket_policy == "merge":
        yield (
            "source.bucket_policy",
            'is "merge", and the replication rules of a bucket are one document, which Terraform replaces: set "own" if'
            ' the bucket has no rules that are others\', or "handover" for its owner to add ours',
        )
    if source.kms_key_arn and not environment.kms_key_arn:
        yield (
            "kms_key_arn",
            "is missing: S3 replicates objects that a customer's key encrypts only if it is told a key of the target"
            " account for the replicas",
        )
    if environment.schedule and len(environment.schedule.prefixes) > 1:
        yield "schedule.prefixes", "a Map lists one prefix of the replica: name one, or none for all of it"
