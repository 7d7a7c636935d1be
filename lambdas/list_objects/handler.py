"""ListObjects: writes the keys below some prefixes of the source bucket as a key list of the runs bucket."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypedDict, final

from .access import Tried, try_listing
from .checkpoint import Checkpoint
from .client import s3_client
from .listing import Listing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@final
class Event(TypedDict):
    """`prefixes`: at least one, "" for the whole bucket. `checkpoint`: null at first, then what came back."""

    execution_name: str
    prefixes: list[str]
    max_keys: int | None
    checkpoint: Checkpoint | None


@final
class CheckAccess(TypedDict):
    """`check_access`: the prefixes to try, in place of a listing."""

    check_access: list[str]


class KeyList(TypedDict):
    """The parts of a key list are the objects of the runs bucket below `prefix`."""

    prefix: str


class Result(TypedDict):
    """`listed`: keys so far, over all invocations. `checkpoint`: null when the listing is complete."""

    listed: int
    key_list: KeyList
    checkpoint: Checkpoint | None


class LambdaContext(Protocol):
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True)
class Environment:
    """The function's environment variables."""

    source_bucket: str
    source_account_id: str
    source_region: str
    runs_bucket: str
    runs_account_id: str
    runs_region: str
    list_threads: int
    keys_per_part: int

    @classmethod
    def read(cls) -> Environment:
        """Raises KeyError naming a variable that is missing, ValueError for one that is no number."""
        return cls(
            source_bucket=os.environ["SOURCE_BUCKET"],
            source_account_id=os.environ["SOURCE_ACCOUNT_ID"],
            source_region=os.environ["SOURCE_REGION"],
            runs_bucket=os.environ["RUNS_BUCKET"],
            runs_account_id=os.environ["RUNS_ACCOUNT_ID"],
            runs_region=os.environ["AWS_REGION"],
            list_threads=int(os.environ["LIST_THREADS"]),
            keys_per_part=int(os.environ["KEYS_PER_PART"]),
        )


ENVIRONMENT = Environment.read()


@cache
def s3(region: str) -> S3Client:
    """One client per region and container."""
    return s3_client(region=region, threads=ENVIRONMENT.list_threads)


# Made while the container starts, when Lambda lends a whole vCPU.
LISTING = Listing(
    source=s3(ENVIRONMENT.source_region),
    source_bucket=ENVIRONMENT.source_bucket,
    source_owner=ENVIRONMENT.source_account_id,
    runs=s3(ENVIRONMENT.runs_region),
    runs_bucket=ENVIRONMENT.runs_bucket,
    runs_owner=ENVIRONMENT.runs_account_id,
    threads=ENVIRONMENT.list_threads,
    keys_per_part=ENVIRONMENT.keys_per_part,
)


def handler(event: Event | CheckAccess, context: LambdaContext) -> Result | list[Tried]:
    """One invocation of the listing; the state machine calls again until `checkpoint` is null.

    Or `mapspan check-access` calls, and hears of each prefix whether it may be listed.
    """
    if "check_access" in event:
        return try_listing(
            s3(ENVIRONMENT.source_region),
            bucket=ENVIRONMENT.source_bucket,
            owner=ENVIRONMENT.source_account_id,
            prefixes=event["check_access"],
        )
    key_list: KeyList = {"prefix": f"key-lists/{event['execution_name']}/listed/"}
    listed, checkpoint = LISTING.run(
        key_list_prefix=key_list["prefix"],
        prefixes=event["prefixes"],
        max_keys=event["max_keys"],
        checkpoint=event["checkpoint"],
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    return {"listed": listed, "key_list": key_list, "checkpoint": checkpoint}
