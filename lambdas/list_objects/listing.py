"""Lists every key below some prefixes into parts, in parallel, until it is done, nearly out of time, or dealt."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from math import inf
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from lambdas.shared.key_lists import shard_prefix

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


# A lister that is done takes the next portion: with four for each, the last one to end holds up a run by less than a
# quarter of its time. docs/decisions/0108 has the figures.
PORTIONS_PER_LISTER = 4


class Lister(NamedTuple):
    """How far a lister is: `seen`, `listed`: objects looked at, and keys in the key list, so far.

    `shard`: the prefix of the keys that it wrote last. `ready`: it writes no more there, and there are keys.
    `checkpoint`: where it continues, in the next shard if this one is ready; None once all is listed.
    """

    seen: int
    listed: int
    shard: str
    ready: bool
    checkpoint: Checkpoint | None


@dataclass(frozen=True, kw_only=True)
class Dealing:
    """When the first lister deals what it has left to others.

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
        changes: Changes | None = None,
    ) -> list[Lister]:
        """List until the lister is done, its shard is full, or it is nearly out of time; the first one may deal.

        Returns this lister; if it dealt, all listers that have keys or something to list.

        With `max_keys`, one thread lists the first selected keys in order, so that the same run gives the same keys
        again. Raises the errors of `errors`, any error of writing a part, and botocore's connection errors: a listing
        that can't continue must never look like a short one.
        """
        if not prefixes:
            raise ValueError('no prefixes to list: "" stands for the whole bucket')
        state = checkpoint or beginning(prefixes)
        deals = checkpoint is None and max_keys is None and self._threads > 1 and self._dealing.listers > 1
        count = self._dealing.listers * PORTIONS_PER_LISTER if deals else 1
        shards = [shard_prefix(key_list_prefix, state["lister"] + number, state["shard"]) for number in range(count)]
        parts = [f"{shard}part-{state['invocation']:03d}-" for shard in shards]
        where = {"bucket": self._runs_bucket, "owner": self._runs_owner}
        delete_parts(self._runs, prefix=parts[0] if checkpoint else key_list_prefix, **where)
        limit = None if max_keys is None else max(0, max_keys - state["listed"])
        room = self._max_keys_per_shard - state["keys_in_shard"]
        with PartWriter(self._runs, prefixes=parts, keys_per_part=self._keys_per_part, **where) as writer:
            intake = Intake(writer, selector=selector, changes=changes, limit=limit)
            ranges = OpenRanges(
                [] if intake.full else restore(state, prefixes=prefixes),
                threads=self._threads if limit is None else 1,
                take=intake.take,
                room=lambda: room - writer.keys,
            )
            left = self._list(ranges, seconds_left, deal_after=self._dealing.after_seconds if deals else inf)
        if deals and left:
            return self._deal(state, left, ranges.space, seen=intake.seen, shards=shards, keys=writer.keys_below)
        after = continued(state, left, seen=intake.seen, keys=writer.keys, full=ranges.full)
        ready = (ranges.full or not left) and state["keys_in_shard"] + writer.keys > 0
        return [Lister(after["seen"], after["listed"], shards[0], ready, after if left else None)]

    def _deal(
        self,
        state: Checkpoint,
        left: list[KeyRange],
        space: KeySpace,
        *,
        seen: int,
        shards: list[str],
        keys: list[int],
    ) -> list[Lister]:
        """Deal what is left to as many listers as there are shards, or to fewer if their checkpoints are too long.

        Each of them continues in a shard that has its share of the parts already. The first one has seen it all so far.
        """
        count = len(shards)
        while True:
            states = dealt(state, left, space, count=count, seen=seen, keys=keys)
            if count == 1 or len(json.dumps(states)) <= self._dealing.max_bytes:
                break
            count //= 2
        return [
            Lister(
                seen if number == 0 else 0,
                keys[number],
                shards[number],
                ready=states[number] is None and keys[number] > 0,
                checkpoint=states[number],
            )
            for number in range(len(shards))
            if number == 0 or states[number] or keys[number]
        ]

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
