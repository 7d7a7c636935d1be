"""AllSettings: every setting of one environment, and the names that follow from them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from environments.company import CompanySettings
from environments.group import Settings
from environments.job import JobSettings
from environments.key_sources import InventorySettings
from environments.rate_limit import RateLimit, rate_limit
from environments.select import SelectSettings
from environments.settings import (
    LEAST_CHILDREN_PER_LISTER,
    AccountSettings,
    AlarmSettings,
    ListObjectsSettings,
    MapSettings,
    ScheduleSettings,
    SourceSettings,
    StateBackendSettings,
    SummarizeRunSettings,
)
from environments.tags import MAX_TAGS, Tags
from environments.values import KeyArn, LogRetentionDays, LoopbackUrl, Region
from modules.location import region_partition
from modules.pipeline.workflow.names import LISTING, KeySourceName
from modules.resource_names import boundary_name


class AllSettings(Settings):
    """The settings and what follows from them. `Environment` adds the rules across the groups."""

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
    tags: Tags = Field(
        description="Tags for each resource that takes tags. For IAM, keys that differ only in case are the same key.",
        max_length=MAX_TAGS,
    )
    map: MapSettings = Field(default=MapSettings(), description="The distributed Map that processes the keys.")
    select: SelectSettings = Field(default=SelectSettings(), description="Which objects a run processes.")
    list_objects: ListObjectsSettings = Field(
        default=ListObjectsSettings(), description="The function that lists the source bucket."
    )
    job: JobSettings = Field(default=JobSettings(), description="Your code, and the function that calls it.")
    summarize_run: SummarizeRunSettings = Field(
        default=SummarizeRunSettings(), description="The function that adds up the ledger of a run."
    )
    company: CompanySettings = Field(default=CompanySettings(), description="A company's rules.")
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
        return f"{self.company.name_prefix}-{self.name}"

    def boundary_arn(self, side: Literal["target", "source"]) -> str | None:
        """The permissions boundary of each role in one account.

        It is the company's, else the one that `mapspan bootstrap` writes for an account with a deploy role, else none.
        """
        account, rules = (self.target, self.company.target) if side == "target" else (self.source, self.company.source)
        if rules.permissions_boundary_arn is not None or account.deploy_role_arn is None:
            return rules.permissions_boundary_arn
        partition = region_partition(self.region)
        return f"arn:{partition}:iam::{account.account_id}:policy{rules.role_path}{boundary_name(self.prefix)}"

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
    def listers(self) -> int:
        """How many listers list a large bucket at a time: each one's shards share the Map's concurrency."""
        return max(1, min(self.list_objects.listers, self.effective_map.max_concurrency // LEAST_CHILDREN_PER_LISTER))

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

    def own_buckets(self, *roles: str) -> list[str]:
        """The names of the environment's own buckets: "runs", "inventory", "replica" and "output"."""
        return [self._bucket(role) for role in roles]

    def _bucket(self, role: str) -> str:
        return f"{self.prefix}-{role}-{self.target.account_id}-{self.region}"

    @property
    def state_key(self) -> str:
        """The key of Terraform's state in the state bucket."""
        return f"mapspan/{self.name}/terraform.tfstate"

    @property
    def sid_prefix(self) -> str:
        """The beginning of our Sids in a policy that we share with others, which no other environment has.

        A Sid takes no hyphens: an X stands for each, since names have no upper case. So `eu1` and `eu-1` differ, and so
        do environments of the same name in two target accounts.
        """
        return f"{self.prefix.replace('-', 'X')}X{self.target.account_id}"

    @property
    def source_region(self) -> str:
        """The source bucket's Region."""
        return self.source.region or self.region
