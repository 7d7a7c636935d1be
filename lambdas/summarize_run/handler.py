"""SummarizeRun: adds up the ledger of a run, and writes the keys to retry as a key list and the run's summary."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, final

import boto3
from botocore.config import Config

from lambdas.shared.key_lists import KeyList, retry_prefix

from .ledger import Ledger
from .record_success import Recorded, Success, record_success
from .run_summary import AboutRun, write_run_summary
from .summary import Checkpoint, Manifest, Summary

if TYPE_CHECKING:
    from lambdas.shared.lambda_context import LambdaContext


class RetryKeyList(KeyList):
    """`keys`: how many keys it holds."""

    keys: int


class MapRun(TypedDict):
    """The result of a Map state that has a ResultWriter."""

    MapRunArn: str
    ResultWriterDetails: Manifest


@final
class Event(TypedDict):
    """`listed`: keys listed; null for a key list of another run, whose lines are then counted.

    `key_list`: null if the Map read its items itself; `listed` is then the number that it read.
    `map_runs`: all of the run's, in the same order in each invocation.
    `checkpoint`: null in the first invocation, then the checkpoint of the previous result.
    """

    execution_name: str
    run: AboutRun
    listed: int | None
    key_list: KeyList | None
    map_runs: list[MapRun]
    checkpoint: Checkpoint | None


@final
class RecordSuccess(TypedDict):
    """The event after the verdict on an incremental run. `source_bucket`: the bucket whose state it is."""

    record_success: Success
    source_bucket: str


class Result(TypedDict):
    """Final once `checkpoint` is null.

    `failures`: failed keys by error name; `skips`: skipped keys by reason; each at most 20 names.
    `run_summary_error`: why the run's summary could not be written; null if it was, and before the last invocation.
    """

    checkpoint: Checkpoint | None
    ledger: Ledger
    failures: dict[str, int]
    skips: dict[str, int]
    retry: RetryKeyList
    run_summary_error: str | None


@dataclass(frozen=True)
class Environment:
    """The function's environment variables."""

    runs_bucket: str
    runs_account_id: str

    @classmethod
    def read(cls) -> Environment:
        """Raises KeyError with the name of a missing variable."""
        return cls(runs_bucket=os.environ["RUNS_BUCKET"], runs_account_id=os.environ["RUNS_ACCOUNT_ID"])


ENVIRONMENT = Environment.read()

# Created while the container starts, when Lambda lends it a whole vCPU.
S3 = boto3.client(
    "s3",
    config=Config(retries={"mode": "standard", "total_max_attempts": 10}, connect_timeout=5, read_timeout=20),
)


def handler(event: Event | RecordSuccess, context: LambdaContext) -> Result | Recorded:
    """One invocation of the summary; the state machine invokes it again until `checkpoint` is null.

    After the verdict on an incremental run, it records the success instead.
    """
    if "record_success" in event:
        return record_success(
            S3,
            event["record_success"],
            bucket=ENVIRONMENT.runs_bucket,
            owner=ENVIRONMENT.runs_account_id,
            source_bucket=event["source_bucket"],
        )
    prefix = retry_prefix(event["execution_name"])
    summary = Summary(
        S3,
        bucket=ENVIRONMENT.runs_bucket,
        owner=ENVIRONMENT.runs_account_id,
        retry_prefix=prefix,
        listed=event["listed"],
        checkpoint=event["checkpoint"],
    )
    checkpoint = summary.run(
        key_list_prefix=event["key_list"]["prefix"] if event["key_list"] else None,
        manifests=[map_run["ResultWriterDetails"] for map_run in event["map_runs"]],
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    return {
        "checkpoint": checkpoint,
        "ledger": summary.ledger,
        "failures": summary.failures,
        "skips": summary.skips,
        "retry": {"prefix": prefix, "keys": summary.retry_keys},
        "run_summary_error": _write_run_summary(event, summary) if checkpoint is None else None,
    }


def _write_run_summary(event: Event, summary: Summary) -> str | None:
    return write_run_summary(
        S3,
        {
            "run": event["run"],
            "given_key_list": event["listed"] is None,
            "ledger": summary.ledger,
            "failures": summary.failures,
            "skips": summary.skips,
            "retry_keys": summary.retry_keys,
            "processing": summary.processing,
        },
        bucket=ENVIRONMENT.runs_bucket,
        owner=ENVIRONMENT.runs_account_id,
        execution_name=event["execution_name"],
    )
