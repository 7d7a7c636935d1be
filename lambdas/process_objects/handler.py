"""ProcessObjects: calls the job for each object of a batch, writes the results and returns their record."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, final

# First: measured, the container starts 25 ms later if a module of botocore is imported before boto3.
import boto3  # noqa: F401 # client.py uses it

from lambdas.job.bucket import Bucket, OutputBucket
from lambdas.shared.child_input import ChildInput, items_of
from lambdas.shared.selection import Selector

from .access import CallCheck, check_reading
from .batch import Batch, Invocation
from .client import s3_client
from .pace import Pace

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lambdas.shared.batch_record import BatchRecord
    from lambdas.shared.lambda_context import LambdaContext


@final
class CheckAccess(TypedDict):
    """The event of `mapspan check-access`. `check_access`: the keys to read instead of a batch."""

    check_access: list[str]


@dataclass(frozen=True)
class Environment:
    """The function's environment variables. `region`: the function's own, which the runs bucket is in too."""

    source_bucket: str
    source_account_id: str
    source_region: str
    runs_bucket: str
    runs_account_id: str
    region: str
    read_threads: int
    output_bucket: str | None
    output_account_id: str
    output_region: str
    output_prefix: str
    reads_tags: bool
    object_interval_seconds: float | None
    requester_pays: bool

    @classmethod
    def read(cls) -> Environment:
        """Raises KeyError with the name of a missing variable, ValueError if a number isn't one."""
        interval = os.environ.get("OBJECT_INTERVAL_SECONDS")
        return cls(
            source_bucket=os.environ["SOURCE_BUCKET"],
            source_account_id=os.environ["SOURCE_ACCOUNT_ID"],
            source_region=os.environ["SOURCE_REGION"],
            runs_bucket=os.environ["RUNS_BUCKET"],
            runs_account_id=os.environ["RUNS_ACCOUNT_ID"],
            region=os.environ["AWS_REGION"],
            read_threads=int(os.environ["READ_THREADS"]),
            output_bucket=os.environ.get("OUTPUT_BUCKET"),
            output_account_id=os.environ.get("OUTPUT_ACCOUNT_ID", ""),
            output_region=os.environ.get("OUTPUT_REGION", ""),
            output_prefix=os.environ.get("OUTPUT_PREFIX", ""),
            reads_tags=os.environ.get("READS_TAGS") == "true",
            object_interval_seconds=float(interval) if interval else None,
            requester_pays=os.environ.get("REQUESTER_PAYS") == "true",
        )


ENVIRONMENT = Environment.read()

# Created while the container starts, when Lambda lends it a whole vCPU.
S3 = s3_client(region=ENVIRONMENT.source_region, threads=ENVIRONMENT.read_threads)


def _client(region: str) -> S3Client:
    if region == ENVIRONMENT.source_region:
        return S3
    return s3_client(region=region, threads=ENVIRONMENT.read_threads)


def _output() -> OutputBucket | None:
    if ENVIRONMENT.output_bucket is None:
        return None
    return OutputBucket(
        _client(ENVIRONMENT.output_region),
        ENVIRONMENT.output_bucket,
        ENVIRONMENT.output_account_id,
        prefix=ENVIRONMENT.output_prefix,
        copies_tags=ENVIRONMENT.reads_tags,
        threads=ENVIRONMENT.read_threads,
    )


SOURCE = Bucket(S3, ENVIRONMENT.source_bucket, ENVIRONMENT.source_account_id, requester_pays=ENVIRONMENT.requester_pays)
BATCH = Batch(
    source=SOURCE,
    runs=Bucket(_client(ENVIRONMENT.region), ENVIRONMENT.runs_bucket, ENVIRONMENT.runs_account_id),
    output=_output(),
    # The job's own file, at the top of the package.
    process=importlib.import_module("job").process,
    threads=ENVIRONMENT.read_threads,
    pace=None if ENVIRONMENT.object_interval_seconds is None else Pace(ENVIRONMENT.object_interval_seconds),
)


def handler(event: ChildInput | CheckAccess, context: LambdaContext) -> BatchRecord | list[CallCheck]:
    """The record of the batch. For `mapspan check-access`, one check per key instead.

    Raises BatchFailed if every key failed, and ResultsNotWritten or ResultsRefused.
    """
    if "check_access" in event:
        return check_reading(SOURCE, keys=event["check_access"])
    batch_input = event.get("BatchInput") or {}
    invocation = Invocation(
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        request_id=context.aws_request_id,
        run=batch_input.get("run", ""),
        child=event.get("Child", ""),
        selector=Selector(batch_input.get("select", []), started_at=batch_input.get("started_at", "")),
    )
    return BATCH.run(items_of(event), invocation)
