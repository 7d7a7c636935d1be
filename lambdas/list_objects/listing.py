"""Lists every key below some prefixes into parts, in parallel, until it is done, nearly out of time, or dealt."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from math import inf
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from lambdas.shared.key_lists import shards_prefix

from .checkpoint import Checkpoint, beginning, continued, restore
from .dealing import dealt
from .errors import NoClock, NoProgress, named
from .intake import Intake
from .page import Page, read_page, source_request
from .parts import PartWriter, delete_parts
from .ranges import KeyRange, OpenRanges

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from lambdas.shared.selection import Selector

    from .intake import Changes
    from .keyspace import KeySpace

# The part of the invocation's time that is reserved for pages already requested and for the last parts.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.2, 60.0


class Listed(NamedTuple):
    """What one invocation did. `seen`, `listed`: objects that it looked at, and keys that it put in the key list.

    `shard`: the prefix of these keys. `checkpoints`: where it continues, or where each lister does if it dealt; none
    once all is listed.
    """

    seen: int
    listed: int
    shard: str
    checkpoints: list[Checkpoint]


@dataclass(frozen=True, kw_only=True)
class Dealing:
    """When a lister deals what it has left to others.

    `listers`: how many list at the same time; 1 for never dealing. `after_seconds`: of the first invocation.
    `max_bytes`: of all their checkpoints as JSON.
    """

    listers: int = 1
    after_seconds: float = 0
    max_bytes: int = 160 * 1024


class Listing:
    """Threads that list open ranges into the parts of a key list.

    `source` must read pages the fast way (`page.lift_keys`) and hold as many connections as there are `threads`.
    `runs` writes the parts. `max_keys_per_shard`: a shard with as many is closed.
    `requester_pays`: whether each request to the source agrees to pay for it.
    """

    def __init__(
        self,
        *,
        source: S3Client,
        source_bucket: str,
        source_owner: str,
        runs: S3Client,
        runs_bucket: str,
        runs_owner: str,
        threads: int,
        keys_per_part: int,
        max_keys_per_shard: int,
        dealing: Dealing,
        requester_pays: bool = False,
    ) -> None:
        self._source = source
        self._bucket = source_bucket
        self._request = source_request(bucket=source_bucket, owner=source_owner, requester_pays=requester_pays)
        self._runs = runs
        self._runs_bucket = runs_bucket
        self._runs_owner = runs_owner
        self._threads = threads
        self._keys_per_part = keys_per_part
        self._max_keys_per_shard = max_keys_per_shard
        self._dealing = dealing

    def run(
        self,
        *,
        key_list_prefix: str,
        prefixes: list[str],
        max_keys: int | None,
        checkpoint: Checkpoint | None,
        selector: Selector,
        seconds_left: Callable[[], float],
        attempt: str,
        most: int | None = None,
        listers: int = 1,
        changes: Changes | None = None,
    ) -> Listed:
        """List until done, nearly out of time, or the shard is full; the first lister also until it may deal.

        With `max_keys`, one thread lists the first selected keys in order, so that the same run gives the same keys
        again. `attempt`: the name of this attempt at the invocation. `most`: about how many keys a lister adds to a
        round, at least a part; None before the first round. `listers`: how many list in the round; if more may, what is
        left is dealt to more.

        Raises the errors of `errors`, any error of writing a part, and botocore's connection errors: a listing that
        can't continue must never look like a short one.
        """
        if not prefixes:
            raise ValueError('no prefixes to list: "" stands for the whole bucket')
        state = checkpoint or beginning(prefixes)
        count = self._dealing.listers // listers if max_keys is None and self._threads > 1 else 1
        place = shards_prefix(key_list_prefix, state["lister"], state["invocation"])
        shard = f"{place}{attempt}/"
        where = {"bucket": self._runs_bucket, "owner": self._runs_owner}
        delete_parts(self._runs, prefix=place if checkpoint else key_list_prefix, place=place, attempt=attempt, **where)
        limit = None if max_keys is None else max(0, max_keys - state["listed"])
        room = min(self._max_keys_per_shard, inf if most is None else max(most, self._keys_per_part))
        with PartWriter(self._runs, prefix=f"{shard}part-", keys_per_part=self._keys_per_part, **where) as writer:
            intake = Intake(writer, selector=selector, changes=changes, limit=limit)
            ranges = OpenRanges(
                [] if intake.full else restore(state, prefixes=prefixes),
                threads=self._threads if limit is None else 1,
                take=intake.take,
                room=lambda: room - writer.keys,
            )
            deal_after = self._dealing.after_seconds if count > 1 and checkpoint is None else inf
            left = self._list(ranges, seconds_left, deal_after=deal_after)
        checkpoints: list[Checkpoint] = []
        if left and count > 1:
            checkpoints = self._deal(state, left, ranges.space, count)
        elif left:
            checkpoints = [continued(state, left, seen=intake.seen, keys=writer.keys)]
        return Listed(intake.seen, writer.keys, shard, checkpoints)

    def _deal(self, state: Checkpoint, left: list[KeyRange], space: KeySpace, count: int) -> list[Checkpoint]:
        """Deal what is left to `count` listers, or to fewer if their checkpoints are too long."""
        max_bytes = self._dealing.max_bytes * count // self._dealing.listers
        while True:
            states = dealt(state, left, space, count=count)
            if count == 1 or len(json.dumps(states)) <= max_bytes:
                return states
            count //= 2

    def clock(self, prefix: str) -> str:
        """S3's clock now, as HTTP writes it. Raises as `run` does, and NoClock."""
        if not (date := self._read(prefix, MaxKeys=1).date):
            raise NoClock(f"S3 answered about s3://{self._bucket} without a Date header")
        return date

    def _list(self, open_ranges: OpenRanges, seconds_left: Callable[[], float], *, deal_after: float) -> list[KeyRange]:
        """The ranges that are left when time runs out, when the shard is full, or `deal_after` seconds from now."""
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        begun = time.monotonic()
        failures: list[Exception] = []

        def is_over() -> bool:
            return time.monotonic() - begun >= deal_after or seconds_left() < reserved

        def work() -> None:
            try:
                while (taken := open_ranges.next()) is not None:
                    if not self._list_range(taken, open_ranges, is_over):
                        return
            except Exception as failure:
                failures.append(failure)
                open_ranges.stop()

        threads = [Thread(target=work, name=f"list-{n}", daemon=True) for n in range(open_ranges.threads)]
        for thread in threads:
            thread.start()
        # A thread that still waits for a page halfway through the reserved time is abandoned: its page would no longer
        # be taken, and its range is among those left.
        for thread in threads:
            thread.join(max(0.0, seconds_left() - reserved / 2))
        open_ranges.stop()
        if failures:
            raise failures[0]
        left = open_ranges.left()
        if left and not open_ranges.pages and not open_ranges.full:
            raise NoProgress(f"S3 sent no page of s3://{self._bucket} before this invocation's deadline")
        return left

    def _list_range(self, taken: KeyRange, open_ranges: OpenRanges, is_over: Callable[[], bool]) -> bool:
        """List one range to its end; False if the listing is over first. Takes a page, which is progress."""
        token: str | None = None
        more = True
        while more:
            page = self._read(taken.prefix, token=token, start_after=taken.after)
            token = page.token
            more = open_ranges.advance(taken, page)
            if is_over():
                open_ranges.drain()
                return False
        return True

    def _read(self, prefix: str, *, token: str | None = None, start_after: str = "", **further: int) -> Page:
        try:
            return read_page(
                self._source, token=token, start_after=start_after, Prefix=prefix, **self._request, **further
            )
        except ClientError as error:
            raise named(error, doing=f"listing s3://{self._bucket}/{prefix}") from error
