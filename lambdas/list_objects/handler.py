"""ListObjects: lists the source bucket below some prefixes and writes a key list to the runs bucket."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal, TypedDict, final

from lambdas.shared.attempts import attempt_name
from lambdas.shared.key_lists import KeyList, listed_prefix
from lambdas.shared.selection import Selection, Selector

from .access import CallCheck, check_listing
from .changes import LastRuns, Look, RunsBucket, begin_look
from .checkpoint import Checkpoint
from .client import s3_client
from .listing import Dealing, Listing
from .page import source_request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lambdas.shared.lambda_context import LambdaContext


@final
class Continuation(TypedDict):
    """What the next invocation needs. `look`: None unless the run is incremental."""

    listing: Checkpoint
    look: Look | None


@final
class Event(TypedDict):
    """`started_at`, `redriven_at`: when the run started, and when it was last redriven (null if never), ISO 8601.

    `retries`: of the Task, before this attempt. `prefixes`: at least one; "" is the whole bucket.
    `select`: all of them hold. `max_keys`: null for all keys. `changes`: what an incremental environment lists; null in
    any other. `checkpoint`: null in the first invocation, then where the lister continues.
    `most`: about how many keys a lister adds to a round; null before the first round. `listers`: how many list in it.
    """

    execution_name: str
    started_at: str
    redriven_at: str | None
    retries: int
    prefixes: list[str]
    select: list[Selection]
    max_keys: int | None
    changes: Literal["changed", "everything"] | None
    checkpoint: Continuation | None
    most: int | None
    listers: int


@final
class CheckAccess(TypedDict):
    """The event of `mapspan check-access`. `check_access`: the prefixes to list a page of, instead of a listing."""

    check_access: list[str]


@final
class Step(TypedDict):
    """What is to do in a round: process the `keys` below `prefix`, or list on from `checkpoint`; the other is null."""

    prefix: str | None
    keys: int
    checkpoint: Continuation | None


@final
class Result(TypedDict):
    """`seen`: objects looked at; `listed`: those of them in the key list.

    `key_list`: what this attempt listed, beside which one that was given up may write at any time. If the listing isn't
    complete, it is all shards.
    `looked_from`, `looked_until`: objects that were modified before are left out, and when the listing began, by S3's
    clock; null unless the run is incremental, and `looked_from` is null if everything is listed.
    `shards`: the first round, if the listing isn't complete; empty if it is.
    """

    seen: int
    listed: int
    key_list: KeyList
    looked_from: str | None
    looked_until: str | None
    shards: list[Step]


@final
class ShardResult(TypedDict):
    """What one lister did in a round: it looked at `seen` objects, and listed `listed` keys below `prefix`.

    `checkpoints`: where it continues in the next round, or those do to whom it dealt; empty once it has listed all.
    """

    seen: int
    listed: int
    prefix: str
    checkpoints: list[Continuation]


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
    max_items_per_shard: int
    listers: int
    deal_after_seconds: int
    requester_pays: bool
    overlap: timedelta | None

    @classmethod
    def read(cls) -> Environment:
        """Raises KeyError with the name of a missing variable, ValueError for a value that is not a number."""
        overlap_days = os.environ.get("OVERLAP_DAYS")
        return cls(
            source_bucket=os.environ["SOURCE_BUCKET"],
            source_account_id=os.environ["SOURCE_ACCOUNT_ID"],
            source_region=os.environ["SOURCE_REGION"],
            runs_bucket=os.environ["RUNS_BUCKET"],
            runs_account_id=os.environ["RUNS_ACCOUNT_ID"],
            runs_region=os.environ["AWS_REGION"],
            list_threads=int(os.environ["LIST_THREADS"]),
            keys_per_part=int(os.environ["KEYS_PER_PART"]),
            max_items_per_shard=int(os.environ["MAX_ITEMS_PER_SHARD"]),
            listers=int(os.environ["LISTERS"]),
            deal_after_seconds=int(os.environ["DEAL_AFTER_SECONDS"]),
            requester_pays=os.environ.get("REQUESTER_PAYS") == "true",
            overlap=timedelta(days=int(overlap_days)) if overlap_days else None,
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
    max_keys_per_shard=ENVIRONMENT.max_items_per_shard,
    dealing=Dealing(listers=ENVIRONMENT.listers, after_seconds=ENVIRONMENT.deal_after_seconds),
    requester_pays=ENVIRONMENT.requester_pays,
)
RUNS = RunsBucket(s3(ENVIRONMENT.runs_region), bucket=ENVIRONMENT.runs_bucket, owner=ENVIRONMENT.runs_account_id)


def handler(event: Event | CheckAccess, context: LambdaContext) -> Result | ShardResult | list[CallCheck]:
    """One invocation of a lister: the run's first, or one in a round, until no lister has a checkpoint left.

    For `mapspan check-access`, one check per prefix instead.
    """
    if "check_access" in event:
        request = source_request(
            bucket=ENVIRONMENT.source_bucket,
            owner=ENVIRONMENT.source_account_id,
            requester_pays=ENVIRONMENT.requester_pays,
        )
        return check_listing(s3(ENVIRONMENT.source_region), request=request, prefixes=event["check_access"])
    continuation = event["checkpoint"]
    look = continuation["look"] if continuation else _begin_look(event)
    attempt = attempt_name(
        begun_at=event["redriven_at"] or event["started_at"],
        retries=event["retries"],
        request_id=context.aws_request_id,
    )
    changes = _last_runs(event, look, attempt) if look else None
    key_list_prefix = listed_prefix(event["execution_name"])
    listed = LISTING.run(
        key_list_prefix=key_list_prefix,
        prefixes=event["prefixes"],
        max_keys=event["max_keys"],
        checkpoint=continuation["listing"] if continuation else None,
        selector=Selector(event["select"], started_at=event["started_at"]),
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        attempt=attempt,
        most=event["most"],
        listers=event["listers"],
        changes=changes,
    )
    if changes:
        changes.finish()
    going_on: list[Continuation] = [{"listing": checkpoint, "look": look} for checkpoint in listed.checkpoints]
    if event["most"] is not None:
        return {
            "seen": listed.seen,
            "listed": listed.listed,
            "prefix": listed.shard,
            "checkpoints": going_on,
        }
    steps: list[Step] = [{"prefix": None, "keys": 0, "checkpoint": checkpoint} for checkpoint in going_on]
    if steps and listed.listed:
        steps.append({"prefix": listed.shard, "keys": listed.listed, "checkpoint": None})
    return {
        "seen": listed.seen,
        "listed": listed.listed,
        "key_list": {"prefix": key_list_prefix if steps else listed.shard},
        "looked_from": changes.looked_from if changes else None,
        "looked_until": look["looked_until"] if look else None,
        "shards": steps,
    }


def _begin_look(event: Event) -> Look | None:
    """The look of a new run, with S3's clock from before the first page; None unless the run is incremental."""
    if event["changes"] is None:
        return None
    return begin_look(
        RUNS,
        source_bucket=ENVIRONMENT.source_bucket,
        changes=event["changes"],
        s3_clock=LISTING.clock(event["prefixes"][0]),
    )


def _last_runs(event: Event, look: Look, attempt: str) -> LastRuns:
    if ENVIRONMENT.overlap is None:
        raise KeyError("OVERLAP_DAYS")
    continuation = event["checkpoint"]
    return LastRuns(
        RUNS,
        source_bucket=ENVIRONMENT.source_bucket,
        run=event["execution_name"],
        look=look,
        overlap=ENVIRONMENT.overlap,
        invocation=(continuation["listing"]["lister"], continuation["listing"]["invocation"]) if continuation else None,
        attempt=attempt,
    )
