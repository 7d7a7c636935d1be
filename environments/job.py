"""The settings of the job: your code, its function, where its results go and what it may access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from environments.group import Settings
from environments.job_policy import JobPolicyError, read_job_policy
from environments.output import OutputSettings
from environments.values import (
    CheckoutPath,
    ImageUri,
    JobPath,
    LiteralText,
    MemoryMb,
    SecretArn,
    TimeoutSeconds,
    VariableName,
)

# All variables of a function, names and values together:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
VARIABLES_MAX_BYTES = 4096
# The most that mapspan's own variables take, without the value of OUTPUT_PREFIX.
OWN_VARIABLES_BYTES = 640
# The variables of the process_objects function that mapspan sets.
OWN_VARIABLES = frozenset(
    (
        *("SOURCE_BUCKET", "SOURCE_ACCOUNT_ID", "SOURCE_REGION", "READ_THREADS", "READS_TAGS", "TEXT_LOGS"),
        *("OUTPUT_BUCKET", "OUTPUT_ACCOUNT_ID", "OUTPUT_REGION", "OUTPUT_PREFIX", "OBJECT_INTERVAL_SECONDS"),
        *("RUNS_BUCKET", "RUNS_ACCOUNT_ID"),
    )
)
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
# Those that begin with an underscore are not names that a function may have at all.
RESERVED_VARIABLES = frozenset(
    (
        *("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    )
)


class JobSettings(Settings):
    """The job: your code, and the process_objects function that calls it for each object of a batch."""

    path: JobPath = Field(
        default="examples/jobs/checksum",
        description="The job's directory, relative to the checkout, such as jobs/<name>. It contains job.py.",
    )
    memory_mb: MemoryMb = Field(
        default=1024, description="The function's memory. Its CPU and its network bandwidth grow with it."
    )
    timeout_seconds: TimeoutSeconds = Field(default=240, description="How long one batch may take.")
    threads: int = Field(
        default=16, ge=1, le=64, description="How many objects of a batch the function processes at the same time."
    )
    reserved_concurrency: int | None = Field(
        default=None,
        ge=1,
        description="How many Lambda instances are reserved for this function. Without it, none.",
    )
    ephemeral_storage_mb: int = Field(
        default=512,
        ge=512,  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
        le=10_240,
        description="The size of /tmp, where the job downloads objects to. All threads share it.",
    )
    architecture: Literal["arm64", "x86_64"] = Field(
        default="arm64", description="The processor that the function runs on, and that its packages are built for."
    )
    objects_per_second: int | None = Field(
        default=None,
        ge=1,
        description="Start at most this many objects per second, in all child executions of a run together."
        " Concurrency and batches are lowered for it. Without it, as many as the concurrency allows.",
    )
    environment: dict[VariableName, LiteralText] = Field(
        default={},
        description="The environment variables of the function, for the job. Everyone who may see the function or the"
        " plan sees them: name a secret's ARN here, not the secret.",
    )
    secrets: tuple[SecretArn, ...] = Field(
        default=(),
        description="The ARNs of the secrets of Secrets Manager, and of the parameters of SSM, that the job may read.",
        max_length=50,  # of an IAM policy's 10,240 characters
    )
    policy: CheckoutPath | None = Field(
        default=None,
        description="A JSON policy document with further statements for the function's role: its path, relative to the"
        " checkout, such as jobs/<name>/policy.json.",
    )
    reads_tags: bool = Field(
        default=False,
        description="Whether the job may read the tags of source objects, and write tags to its output. copy_to copies"
        " tags only then.",
    )
    image: ImageUri | None = Field(
        default=None,
        description="A container image that contains the job, with its digest, for what exceeds 250 MB: the image in"
        " Amazon ECR, in the function's Region. Without it, the job is packaged as a zip.",
    )
    output: OutputSettings | None = Field(
        default=None, description="Where the job writes objects. Without this table, it writes none."
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from self._variable_problems()
        if len(set(self.secrets)) < len(self.secrets):
            yield "secrets", "contains the same ARN twice: remove one of the two"
        if self.policy is not None:
            try:
                read_job_policy(self.policy)
            except JobPolicyError as error:
                yield "policy", f"{self.policy}: {error}"

    def _variable_problems(self) -> Iterator[tuple[str, str]]:
        for name in self.environment:
            if name in RESERVED_VARIABLES:
                yield f"environment.{name}", "Lambda sets this variable itself: write another name"
            if name in OWN_VARIABLES:
                yield f"environment.{name}", "mapspan sets this variable itself: write another name"
        size = sum(len(text.encode()) for variable in self.environment.items() for text in variable)
        prefix = self.output.prefix if self.output else ""
        limit = VARIABLES_MAX_BYTES - OWN_VARIABLES_BYTES - len(prefix.encode())
        if size > limit:
            yield (
                "environment",
                f"takes {size:,} bytes, names and values together, and a function has {VARIABLES_MAX_BYTES:,} bytes for"
                f" all its variables; mapspan's own need {VARIABLES_MAX_BYTES - limit:,} of them: write at most"
                f" {limit:,}, and put the rest into a file of the job",
            )
