"""ProcessObjects: gives each object of a batch to the processor and says what became of each key."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, NotRequired, Protocol, TypedDict, final

from .access import Tried, try_reading
from .batch import Batch
from .client import s3_client
from .inventory import as_listed
from .outcome import Item, Outcome
from .processor import process


class BatchInput(TypedDict):
    """What the definition tells of the keys beside them: "inventory" are those of an S3 Inventory."""

    keys_from: NotRequired[Literal["inventory"]]


@final
class Event(TypedDict):
    """A child execution's input, as the distributed Map's ItemBatcher makes it."""

    Items: list[Item]
    BatchInput: NotRequired[BatchInput]


@final
class CheckAccess(TypedDict):
    """`check_access`: the keys to try, in place of a batch."""

    check_access: list[str]


class LambdaContext(Protocol):
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True)
class Environment:
    """The function's environment variables."""

    source_bucket: str
    source_account_id: str
    source_region: str
    read_threads: int

    @classmethod
    def read(cls) -> Environment:
        """Raises KeyError naming a variable that is missing, ValueError for one that is no number."""
        return cls(
            source_bucket=os.environ["SOURCE_BUCKET"],
            source_account_id=os.environ["SOURCE_ACCOUNT_ID"],
            source_region=os.environ["SOURCE_REGION"],
            read_threads=int(os.environ["READ_THREADS"]),
        )


ENVIRONMENT = Environment.read()

# Made while the container starts, when Lambda lends a whole vCPU.
S3 = s3_client(region=ENVIRONMENT.source_region, threads=ENVIRONMENT.read_threads)
BATCH = Batch(
    client=S3,
    bucket=ENVIRONMENT.source_bucket,
    owner=ENVIRONMENT.source_account_id,
    process=process,
    threads=ENVIRONMENT.read_threads,
)


def handler(event: Event | CheckAccess, context: LambdaContext) -> list[Outcome] | list[Tried]:
    """One outcome per item, in order; raises BatchFailed when every key failed, BatchTooLarge before starting.

    Or `mapspan check-access` calls, and hears of each key whether it may be read.
    """
    if "check_access" in event:
        return try_reading(
            S3,
            bucket=ENVIRONMENT.source_bucket,
            owner=ENVIRONMENT.source_account_id,
            keys=event["check_access"],
        )
    items = event["Items"]
    if event.get("BatchInput", {}).get("keys_from") == "inventory":
        items = [as_listed(item) for item in items]
    return BATCH.run(items, seconds_left=lambda: context.get_remaining_time_in_millis() / 1000)
