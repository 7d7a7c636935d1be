"""The settings of one environment: frozen, and refusing to exist wrong.

What differs by environment has no default; tuning has one, written here once. Units stand in the names.
`environments/files.py` reads them from TOML and words their errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# Function timeouts: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LAMBDA_MAX_TIMEOUT_SECONDS = 900
# Express executions end at five minutes; the margin lets the function's own timeout be the one that speaks.
EXPRESS_MAX_TIMEOUT_SECONDS = 290
# Half of a child's 256 KiB of output is for its keys; the rest must leave each outcome the 208 bytes that
# lambdas/process_objects/outcome.py holds to, or it refuses the batch. A test in tests/unit/lambdas says so.
MAX_ITEMS_PER_BATCH = 600
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ENVIRONMENT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
BUCKET_NAME_LENGTH = 63
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_NAME_LENGTH = 64


def _account_id(value: str) -> str:
    if not re.fullmatch(r"\d{12}", value):
        raise ValueError("is not an AWS account id: write its 12 digits, in quotes")
    return value


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", value):
        raise ValueError('is not an AWS Region: write its code, such as "eu-west-1"')
    return value


def _role_arn(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", value):
        raise ValueError("is not a role's ARN: write arn:aws:iam::<account id>:role/<name>")
    return value


def _bucket_name(value: str) -> str:
    if not BUCKET_NAME.fullmatch(value):
        raise ValueError("is not a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens, no s3://")
    return value


def _prefix(value: str) -> str:
    if not value:
        raise ValueError("is empty: leave the list itself empty to allow the whole bucket")
    if value.startswith("/"):
        raise ValueError("begins with a slash, as no key of a folder does: take the slash away")
    if re.search(r"[*?$]", value):
        raise ValueError("holds *, ? or $, which an IAM policy would read as a pattern: write a plain prefix")
    if len(value.encode()) > 1024:
        raise ValueError("is longer than the 1,024 bytes of the longest key")
    return value


def _loopback_url(value: str) -> str:
    url = urlsplit(value)
    if url.scheme != "http" or url.hostname not in ("127.0.0.1", "localhost") or not url.port:
        raise ValueError("is not a local cloud's address: write http://127.0.0.1:<port>")
    return value


def _log_retention(value: int) -> int:
    if value not in LOG_RETENTION_DAYS:
        raise ValueError(f"is not a retention CloudWatch Logs offers: one of {', '.join(map(str, LOG_RETENTION_DAYS))}")
    return value


AccountId = Annotated[str, AfterValidator(_account_id)]
Region = Annotated[str, AfterValidator(_region)]
RoleArn = Annotated[str, AfterValidator(_role_arn)]
BucketName = Annotated[str, AfterValidator(_bucket_name)]
Prefix = Annotated[str, AfterValidator(_prefix)]
LoopbackUrl = Annotated[str, AfterValidator(_loopback_url)]
LogRetentionDays = Annotated[int, AfterValidator(_log_retention)]
MemoryMb = Annotated[int, Field(ge=128, le=10_240)]
TimeoutSeconds = Annotated[int, Field(ge=1, le=LAMBDA_MAX_TIMEOUT_SECONDS)]


class ContradictionError(ValueError):
    """Fields that are right one by one and wrong together: `problems` holds (field, sentence) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in problems))
        self.problems = problems


class Settings(BaseModel):
    """What every group of settings is: frozen, and without room for a misspelt field."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Each field that contradicts another one, and what to do about it."""
        yield from ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if problems := list(self.problems()):
            raise ContradictionError(problems)
        return self


class Account(Settings):
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


class Source(Account):
    """The source account, which owns the data, and the bucket to process."""

    region: Region | None = Field(default=None, description="The bucket's Region, where it is not the target's.")
    bucket: BucketName = Field(description="The source bucket's name.")
    prefixes: tuple[Prefix, ...] = Field(
        description="The prefixes that may be listed, and that a run takes by default. Empty: the whole bucket.",
        max_length=100,  # the bucket policy names each one, and holds 20 KB
    )


class StateBackend(Settings):
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


class Map(Settings):
    """The distributed Map's tuning."""

    execution_type: Literal["EXPRESS", "STANDARD"] = Field(
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


class Lister(Settings):
    """The list_objects function. The defaults are measured: see benchmarks/."""

    memory_mb: MemoryMb = Field(default=1769, description="Memory; 1,769 MB is one whole vCPU.")
    timeout_seconds: TimeoutSeconds = Field(default=900, description="One invocation's time; the next one goes on.")
    threads: int = Field(
        default=32, ge=1, le=64, description="Pages fetched at once, each from a key range of its own."
    )
    keys_per_part: int = Field(default=100_000, ge=1_000, le=1_000_000, description="Keys in one part of the key list.")


class Processor(Settings):
    """The process_objects function."""

    memory_mb: MemoryMb = Field(default=1024, description="Memory; CPU and network grow with it.")
    timeout_seconds: TimeoutSeconds = Field(default=240, description="One batch's time.")
    threads: int = Field(default=16, ge=1, le=64, description="Objects read at once within one batch.")
    reserved_concurrency: int | None = Field(
        default=None, ge=1, description="Lambda instances kept for this function alone; none by default."
    )


class Summarizer(Settings):
    """The summarize_run function."""

    memory_mb: MemoryMb = Field(default=1024, description="Memory; CPU and network grow with it.")
    timeout_seconds: TimeoutSeconds = Field(default=900, description="One invocation's time; the next one goes on.")


class Environment(Settings):
    """One environment: everything that `environments/<name>.toml` says, and its name."""

    name: str = Field(description="The file's name without .toml: the stack's id, and part of every resource's name.")
    region: Region = Field(description="The target account's Region, where everything runs.")
    target: Account = Field(description="The target account, which runs the work.")
    source: Source = Field(description="The source account, which owns the data.")
    state_backend: StateBackend = Field(description="Where Terraform keeps its state.")
    log_retention_days: LogRetentionDays = Field(description="Days that CloudWatch keeps the logs.")
    run_retention_days: int | None = Field(
        default=None,
        ge=1,
        le=3_650,
        description="Days that key lists and results are kept; without it, for ever.",
    )
    tags: dict[str, str] = Field(description="Tags on every resource that takes them.", max_length=45)  # AWS allows 50
    map: Map = Field(default=Map(), description="The distributed Map's tuning.")
    list_objects: Lister = Field(default=Lister(), description="The listing function.")
    process_objects: Processor = Field(default=Processor(), description="The function that processes a batch.")
    summarize_run: Summarizer = Field(default=Summarizer(), description="The function that adds up the ledger.")
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

    def _names_that_do_not_fit(self) -> Iterator[tuple[str, str]]:
        if not ENVIRONMENT_NAME.fullmatch(self.name):
            yield (
                "name",
                "does not fit a bucket's name: a-z, 0-9 and single hyphens, a letter first",
            )
        longest_role = len(f"{self.prefix}-process-objects")
        excess = max(len(self.runs_bucket) - BUCKET_NAME_LENGTH, longest_role - ROLE_NAME_LENGTH)
        if excess > 0:
            yield (
                "name",
                f"makes {self.runs_bucket}, longer than the {BUCKET_NAME_LENGTH} characters of a bucket's name:"
                f" rename the file, {excess} characters shorter",
            )
