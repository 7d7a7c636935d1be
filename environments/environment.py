"""Environment: all settings of one deployment, and the rules across its groups."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from pydantic import Field

from environments.group import Settings
from environments.job import JobSettings
from environments.key_sources import InventorySettings
from environments.output import output_problems
from environments.partitions import partition_problems
from environments.rate_limit import RateLimit, rate_limit
from environments.settings import (
    AccountSettings,
    AlarmSettings,
    ListObjectsSettings,
    MapSettings,
    ScheduleSettings,
    SourceSettings,
    StateBackendSettings,
    SummarizeRunSettings,
)
from environments.values import KeyArn, LogRetentionDays, LoopbackUrl, PlainText, Region
from modules.asl.execution_type import EXPRESS, EXPRESS_LIMIT_SECONDS, STANDARD
from modules.location import dns_suffix
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION, KeySourceName
from modules.resource_names import batch_replication_role

# With this margin, the function's own timeout comes first, and its error is the one that is reported.
EXPRESS_MAX_TIMEOUT_SECONDS = EXPRESS_LIMIT_SECONDS - 10
ENVIRONMENT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME_LENGTH = 63
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_NAME_LENGTH = 64


class Environment(Settings):
    """All settings of one environment: the content of `environments/<name>.toml`, and its name."""

    name: str = Field(
        description="The file's name without .toml. It is the stack's id and part of each resource's name."
    )
    region: Region = Field(description="The target account's Region, where everything runs.")
    target: AccountSettings = Field(description="The target account, which runs the work.")
    source: SourceSettings = Field(description="The source account, which owns the data.")
    state_backend: StateBackendSettings = Field(description="Where Terraform keeps its state.")
    key_source: KeySourceName = Field(
        default=LISTING,
        description='Where keys come from. "listing": a function lists the source bucket. "inventory": the newest S3'
        ' Inventory of the source bucket. "replication": a replica of it in the target account. docs/key-sources.md'
        " compares them.",
    )
    inventory: InventorySettings = Field(
        default=InventorySettings(), description='The S3 Inventory, if key_source is "inventory".'
    )
    log_retention_days: LogRetentionDays = Field(
        description="How many days CloudWatch keeps the logs: one of the retention periods that CloudWatch Logs offers."
    )
    run_retention_days: int | None = Field(
        default=None,
        ge=1,
        le=3_650,
        description="How many days the runs bucket keeps key lists and results. Without it, forever.",
    )
    kms_key_arn: KeyArn | None = Field(
        default=None,
        description="A customer managed KMS key of the target account that encrypts the runs bucket. Its key policy"
        " must let IAM policies of the account grant access, as the default key policy does. Without it, S3 encrypts"
        " with its own keys.",
    )
    tags: dict[PlainText, PlainText] = Field(
        description="Tags for each resource that takes tags.",
        max_length=45,  # AWS allows 50
    )
    map: MapSettings = Field(default=MapSettings(), description="The distributed Map that processes the keys.")
    list_objects: ListObjectsSettings = Field(
        default=ListObjectsSettings(), description="The function that lists the source bucket."
    )
    job: JobSettings = Field(default=JobSettings(), description="Your code, and the function that calls it.")
    summarize_run: SummarizeRunSettings = Field(
        default=SummarizeRunSettings(), description="The function that adds up the ledger of a run."
    )
    alarms: AlarmSettings = Field(default=AlarmSettings(), description="Who is notified of alarms.")
    schedule: ScheduleSettings | None = Field(
        default=None, description="When runs start on their own. Without it, never."
    )
    local_cloud_url: LoopbackUrl | None = Field(
        default=None,
        description="The address of the local cloud, for an environment that is deployed there and not to AWS.",
    )

    @property
    def is_local(self) -> bool:
        """Whether the environment is deployed to the local cloud, where nothing is worth protecting."""
        return self.local_cloud_url is not None

    @property
    def prefix(self) -> str:
        """The beginning of each name in this environment."""
        return f"mapspan-{self.name}"

    @property
    def rate_limit(self) -> RateLimit | None:
        """How a run keeps to job.objects_per_second; None if it has no rate."""
        if self.job.objects_per_second is None:
            return None
        return rate_limit(
            self.job.objects_per_second,
            max_concurrency=self.map.max_concurrency,
            max_items_per_batch=self.map.max_items_per_batch,
            timeout_seconds=self.job.timeout_seconds,
        )

    @property
    def effective_map(self) -> MapSettings:
        """The settings of the Map, with concurrency and batches as low as job.objects_per_second needs them."""
        limit = self.rate_limit
        if limit is None:
            return self.map
        lowered = {"max_concurrency": limit.max_concurrency, "max_items_per_batch": limit.max_items_per_batch}
        return self.map.model_copy(update=lowered)

    @property
    def runs_bucket(self) -> str:
        """The bucket of key lists and results. Account and Region make its name unique among all buckets of AWS."""
        return self._bucket("runs")

    @property
    def inventory_bucket(self) -> str:
        """The bucket that receives the inventories."""
        existing = self.inventory.existing
        return existing.bucket if existing else self._bucket("inventory")

    @property
    def replica_bucket(self) -> str:
        """The bucket that contains the replica."""
        return self._bucket("replica")

    @property
    def output_bucket(self) -> str | None:
        """The bucket that the job writes to; None if it writes nothing."""
        output = self.job.output
        return None if output is None else output.bucket or self._bucket("output")

    def _bucket(self, role: str) -> str:
        return f"{self.prefix}-{role}-{self.target.account_id}-{self.region}"

    @property
    def state_key(self) -> str:
        """The key of Terraform's state in the state bucket."""
        return f"mapspan/{self.name}/terraform.tfstate"

    @property
    def sid_prefix(self) -> str:
        """The beginning of our Sids in a policy that we share with others. A Sid takes no hyphens."""
        return "".join(part.capitalize() for part in self.prefix.split("-"))

    @property
    def source_region(self) -> str:
        """The source bucket's Region."""
        return self.source.region or self.region

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from _name_problems(self)
        yield from _account_problems(self)
        yield from partition_problems(self, region=self.region, job_policy=self.job.policy)
        yield from _key_problems(self)
        yield from _tuning_problems(self)
        yield from key_source_problems(self)
        yield from _schedule_problems(self)
        yield from _job_problems(self)


def _name_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    if not ENVIRONMENT_NAME.fullmatch(environment.name):
        yield (
            "name",
            f'"{environment.name}" cannot be part of a bucket name: rename the file to lower-case letters, digits and'
            " single hyphens, starting with a letter",
        )
    own_buckets = {
        LISTING: environment.runs_bucket,
        INVENTORY: environment.inventory_bucket,
        REPLICATION: environment.replica_bucket,
    }
    bucket = max(environment.runs_bucket, own_buckets[environment.key_source], environment.output_bucket or "", key=len)
    longest_role = len(batch_replication_role(environment.prefix))
    excess = max(len(bucket) - BUCKET_NAME_LENGTH, longest_role - ROLE_NAME_LENGTH)
    if excess > 0:
        yield (
            "name",
            f'"{environment.name}" is too long: the bucket {bucket} would have more than {BUCKET_NAME_LENGTH}'
            f" characters, or a role more than {ROLE_NAME_LENGTH}: make the file name {excess} characters shorter",
        )


def _account_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    if environment.source.account_id == environment.target.account_id:
        yield (
            "source.account_id",
            "the same account as target.account_id, whose buckets Step Functions can list without mapspan: write the"
            " account that owns the source bucket",
        )


def _key_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    target, source = environment.target, environment.source
    for field, key, account_id, region in (
        ("kms_key_arn", environment.kms_key_arn, target.account_id, environment.region),
        ("source.kms_key_arn", source.kms_key_arn, source.account_id, environment.source_region),
    ):
        if key and f":{account_id}:" in key and f":{region}:" not in key:
            yield field, f"this key is not in its bucket's Region, so S3 refuses it: write a key of {region}"
    if environment.kms_key_arn and f":{target.account_id}:" not in environment.kms_key_arn:
        yield (
            "kms_key_arn",
            f"this key belongs to another account than {target.account_id}: write a key of that account",
        )


def _tuning_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    timeout = environment.job.timeout_seconds
    if environment.map.execution_type == EXPRESS and timeout > EXPRESS_MAX_TIMEOUT_SECONDS:
        yield (
            "job.timeout_seconds",
            f"{timeout} is too long for an {EXPRESS} child execution, which ends after {EXPRESS_LIMIT_SECONDS} seconds:"
            f' write at most {EXPRESS_MAX_TIMEOUT_SECONDS}, or map.execution_type = "{STANDARD}"',
        )
    if environment.job.objects_per_second is not None and environment.rate_limit is None:
        yield (
            "job.objects_per_second",
            f"one object every {1 / environment.job.objects_per_second:g} seconds does not fit into half of"
            f" job.timeout_seconds = {timeout}, which is {timeout / 2:g} seconds (the other half is for the objects"
            f" themselves): write job.timeout_seconds = {math.ceil(2 / environment.job.objects_per_second)} or more",
        )
    reserved = environment.job.reserved_concurrency
    if reserved is not None and environment.map.max_concurrency > reserved:
        yield (
            "map.max_concurrency",
            f"{environment.map.max_concurrency} child executions would share {reserved} Lambda instances and be"
            f" throttled: write at most {reserved}, or raise job.reserved_concurrency",
        )


def _job_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    job, target = environment.job, environment.target
    registry = f"{environment.region}.{dns_suffix(environment.region)}"
    if job.image and environment.is_local:
        yield "job.image", "the local cloud can't run a container image: remove it here, and package the job as a zip"
    elif job.image and f".ecr.{registry}/" not in job.image:
        yield (
            "job.image",
            f"Lambda takes an image of its own Region: copy it to a repository in {environment.region}, whose images"
            f" begin with <account id>.dkr.ecr.{registry}/",
        )
    for index, secret in enumerate(job.secrets):
        if f":{target.account_id}:" not in secret:
            yield (
                f"job.secrets.{index}",
                f"{secret} belongs to another account than {target.account_id}: write a secret of that account",
            )
    if job.output:
        own = (environment.runs_bucket, environment.inventory_bucket, environment.replica_bucket)
        for field, sentence in output_problems(
            job.output,
            target=target.account_id,
            region=environment.region,
            source=environment.source,
            own_buckets={*own, *([environment.state_backend.bucket] if environment.state_backend.bucket else [])},
        ):
            yield f"job.output.{field}", sentence


def _schedule_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    allowed = environment.source.prefixes
    for prefix in environment.schedule.prefixes if environment.schedule else ():
        if allowed and not prefix.startswith(allowed):
            yield (
                "schedule.prefixes",
                f"{prefix} is not below any of source.prefixes, so each scheduled run would be denied: write a prefix"
                " below one of them, or add it there",
            )


def key_source_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    """Yield each field that contradicts the key source, and a sentence: what is wrong and what to write."""
    if environment.key_source != INVENTORY and environment.inventory != InventorySettings():
        yield (
            "inventory",
            f'used only if key_source is "{INVENTORY}": remove this table, or write key_source = "{INVENTORY}"',
        )
    if environment.key_source != LISTING and environment.list_objects != type(environment.list_objects)():
        yield (
            "list_objects",
            f'used only if key_source is "{LISTING}": remove this table, or write key_source = "{LISTING}"',
        )
    if environment.key_source == INVENTORY:
        yield from _inventory_problems(environment)
    if environment.key_source == REPLICATION:
        yield from _replication_problems(environment)


def _inventory_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    source, existing = environment.source, environment.inventory.existing
    if environment.source_region != environment.region:
        yield (
            "source.region",
            f"S3 delivers an inventory in the source bucket's Region, {source.region}, but the Map reads it in"
            f' {environment.region}: write region = "{source.region}", or key_source = "{LISTING}"',
        )
    if len(source.prefixes) > 1:
        yield (
            "source.prefixes",
            "an inventory covers one prefix or the whole bucket, and a run reads one inventory: write one prefix, or"
            " none, and one environment per further prefix",
        )
    if environment.schedule and environment.schedule.prefixes:
        yield "schedule.prefixes", "a run always processes the whole inventory: remove this setting"
    if existing and existing.kms_key_arn and f":{environment.region}:" not in existing.kms_key_arn:
        yield (
            "inventory.existing.kms_key_arn",
            f"this key is not in its bucket's Region: write a key of {environment.region}",
        )


def _replication_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    source = environment.source
    if source.bucket_policy == "merge":
        yield (
            "source.bucket_policy",
            '"merge" does not work with replication, because the replication rules of a bucket are one document, which'
            ' Terraform replaces: write "own" if the bucket has no other rules, or "handover" so that its owner adds'
            " ours",
        )
    if source.kms_key_arn and not environment.kms_key_arn:
        yield (
            "kms_key_arn",
            "required but missing: S3 replicates objects that are encrypted with source.kms_key_arn only if it knows a"
            " key for the replicas: write a key of the target account",
        )
    if environment.schedule and len(environment.schedule.prefixes) > 1:
        yield "schedule.prefixes", "a Map lists one prefix of the replica: write one prefix, or none for all of them"
