"""Lists every key below some prefixes into parts, in parallel, until it is done or nearly out of time."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from .checkpoint import Checkpoint, restore, save, whole_listing
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

# The part of the invocation's time that is reserved for pages already requested and for the last parts.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.2, 60.0


class Listed(NamedTuple):
    """`seen`, `listed`: objects looked at, and keys in the key list, so far. `checkpoint`: None once all is listed."""

    seen: int
    listed: int
    checkpoint: Checkpoint | None


class Listing:
    """Threads that list open ranges into the parts of a key list.

    `source` must read pages the fast way (`page.lift_keys`) and hold as many connections as there are `threads`.
    `runs` writes the parts. `requester_pays`: whether each request to the source agrees to pay for it.
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
    ) -> Listed:
        """List until done or nearly out of time.

        With `max_keys`, one thread lists the first selected keys in order, so that the same run gives the same keys
        again. Raises the errors of `errors`, any error of writing a part, and botocore's connection errors: a listing
        that can't continue must never look like a short one.
        """
        if not prefixes:
            raise ValueError('no prefixes to list: "" stands for the whole bucket')
        invocation = checkpoint["invocation"] if checkpoint else 0
        listed = checkpoint["listed"] if checkpoint else 0
        seen = checkpoint["seen"] if checkpoint else 0
        ranges = restore(checkpoint, prefixes=prefixes) if checkpoint else whole_listing(prefixes)
        parts_prefix = f"{key_list_prefix}part-{invocation:03d}-"
        where = {"bucket": self._runs_bucket, "owner": self._runs_owner}
        delete_parts(self._runs, prefix=parts_prefix if checkpoint else key_list_prefix, **where)
        limit = None if max_keys is None else max(0, max_keys - listed)
        with PartWriter(self._runs, prefix=parts_prefix, keys_per_part=self._keys_per_part, **where) as writer:
            intake = Intake(writer, selector=selector, changes=changes, limit=limit)
            left = self._list(ranges, intake, seconds_left)
        listed, seen = listed + writer.keys, seen + intake.seen
        if not left:
            return Listed(seen, listed, None)
        return Listed(seen, listed, save(left, prefixes=prefixes, invocation=invocation + 1, listed=listed, seen=seen))

    def clock(self, prefix: str) -> str:
        """S3's clock now, as HTTP writes it. Raises as `run` does, and NoClock."""
        if not (date := self._read(prefix, MaxKeys=1).date):
            raise NoClock(f"S3 answered about s3://{self._bucket} without a Date header")
        return date

    def _list(self, ranges: list[KeyRange], intake: Intake, seconds_left: Callable[[], float]) -> list[KeyRange]:
        """The ranges that are left when time runs out."""
        if intake.full:
            return []
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        thread_count = self._threads if intake.limit is None else 1
        open_ranges = OpenRanges(ranges, threads=thread_count, take=intake.take)
        failures: list[Exception] = []

        def work() -> None:
            try:
                while (taken := open_ranges.next()) is not None:
                    if not self._list_range(taken, open_ranges, out_of_time=lambda: seconds_left() < reserved):
                        return
            except Exception as failure:
                failures.append(failure)
                open_ranges.stop()

        threads = [Thread(target=work, name=f"list-{n}", daemon=True) for n in range(thread_count)]
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
        if left and not open_ranges.pages:
            raise NoProgress(f"S3 sent no page of s3://{self._bucket} before this invocation's deadline")
        return left

    def _list_range(self, taken: KeyRange, open_ranges: OpenRanges, out_of_time: Callable[[], bool]) -> bool:
        """List one range to its end; False if time ran out first. Takes at least one page, which is progress."""
        token: str | None = None
        more = True
        while more:
            page = self._read(taken.prefix, token=token, start_after=taken.after)
            token = page.token
            more = open_ranges.advance(taken, page)
            if out_of_time():
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
