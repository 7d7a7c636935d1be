"""SummarizeRun: the ledger of a map run, and the keys to try again as a key list."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol, TypedDict

import boto3
from botocore.config import Config

from .ledger import Ledger
from .summary import Checkpoint, Summary


class KeyList(TypedDict):
    """The parts of a key list are the objects of the runs bucket below `prefix`."""

    prefix: str


class RetryKeyList(KeyList):
    """`keys`: how many there are to try again."""

    keys: int


class ResultWriterDetails(TypedDict):
    """Where ResultWriter put its manifest."""

    Bucket: str
    Key: str


class MapRun(TypedDict):
    """The result of a Map state that has a ResultWriter."""

    MapRunArn: str
    ResultWriterDetails: ResultWriterDetails


class Event(TypedDict):
    """`listed`: null for a key list from elsewhere, whose lines are then counted. `checkpoint`: null at first.

    `key_list`: null where the Map's items were none; `listed` says how many they were.
    """

    execution_name: str
    listed: int | None
    key_list: KeyList | None
    map_run: MapRun
    checkpoint: Checkpoint | None


class Result(TypedDict):
    """Final once `checkpoint` is null. `failures`: failed keys by error name, at most 20 names."""

    checkpoint: Checkpoint | None
    ledger: Ledger
    failures: dict[str, int]
    retry: RetryKeyList


class LambdaContext(Protocol):
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True)
class Environment:
    """The function's environment variables."""

    runs_bucket: str
    runs_account_id: str

    @classmethod
    def read(cls) -> Environment:
        """Raises KeyError naming a variable that is missing."""
        return cls(runs_bucket=os.environ["RUNS_BUCKET"], runs_account_id=os.environ["RUNS_ACCOUNT_ID"])


ENVIRONMENT = Environment.read()

# Made while the container starts, when Lambda lends a whole vCPU.
S3 = boto3.client(
    "s3",
    config=Config(retries={"mode": "standard", "total_max_attempts": 10}, connect_timeout=5, read_timeout=20),
)


def handler(event: Event, context: LambdaContext) -> Result:
    """One invocation of the summary; the state machine calls again until `checkpoint` is null."""
    retry_prefix = f"key-lists/{event['execution_name']}/retry/"
    summary = Summary(
        S3,
        bucket=ENVIRONMENT.runs_bucket,
        owner=ENVIRONMENT.runs_account_id,
        retry_prefix=retry_prefix,
        listed=event["listed"],
        checkpoint=event["checkpoint"],
    )
    checkpoint = summary.run(
        key_list_prefix=event["key_list"]["prefix"] if event["key_list"] else None,
        manifest_bucket=event["map_run"]["ResultWriterDetails"]["Bucket"],
        manifest_key=event["map_run"]["ResultWriterDetails"]["Key"],
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    return {
        "checkpoint": checkpoint,
        "ledger": summary.ledger,
        "failures": summary.failures,
        "retry": {"prefix": retry_prefix, "keys": summary.retry_keys},
    }
