"""ListObjects: lists the source bucket below some prefixes and writes a key list to the runs bucket."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypedDict, final

from lambdas.shared.key_lists import KeyList, listed_prefix

from .access import CallCheck, check_listing
from .checkpoint import Checkpoint
from .client import s3_client
from .listing import Listing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lambdas.shared.lambda_context import LambdaContext


@final
class Event(TypedDict):
    """`prefixes`: at least one; "" is the whole bucket. `max_keys`: null for all keys.

    `checkpoint`: null in the first invocation, then the checkpoint of the previous result.
    """

    execution_name: str
    prefixes: list[str]
    max_keys: int | None
    checkpoint: Checkpoint | None


@final
class CheckAccess(TypedDict):
    """The event of `mapspan check-access`. `check_access`: the prefixes to list a page of, instead of a listing."""

    check_access: list[str]


class Result(TypedDict):
    """`listed`: keys so far, over all invocations. `checkpoint`: null once the listing is complete."""

    listed: int
    key_list: KeyList
    checkpoint: Checkpoint | None


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
        """Raises KeyError with the name of a missing variable, ValueError for a value that is not a number."""
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


# Created while the container starts, when Lambda lends it a whole vCPU.
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


def handler(event: Event | CheckAccess, context: LambdaContext) -> Result | list[CallCheck]:
    """One invocation of the listing; the state machine invokes it again until `checkpoint` is null.

    For `mapspan check-access`, one check per prefix instead.
    """
    if "check_access" in event:
        return check_listing(
            s3(ENVIRONMENT.source_region),
            bucket=ENVIRONMENT.source_bucket,
            owner=ENVIRONMENT.source_account_id,
            prefixes=event["check_access"],
        )
    key_list: KeyList = {"prefix": listed_prefix(event["execution_name"])}
    listed, checkpoint = LISTING.run(
        key_list_prefix=key_list["prefix"],
        prefixes=event["prefixes"],
        max_keys=event["max_keys"],
        checkpoint=event["checkpoint"],
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    return {"listed": listed, "key_list": key_list, "checkpoint": checkpoint}
