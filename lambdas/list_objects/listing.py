"""Lists every key below some prefixes into parts, in parallel, until it is done or nearly out of time."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .checkpoint import Checkpoint, restore, save, whole_listing
from .errors import NoProgress, named
from .page import read_page
from .parts import PartWriter, delete_parts
from .ranges import KeyRange, OpenRanges

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

# The part of the invocation's time that is reserved for pages already requested and for the last parts.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.2, 60.0


class Listing:
    """Threads that list open ranges into the parts of a key list.

    `source` must read pages the fast way (`page.lift_keys`) and hold as many connections as there are `threads`.
    `runs` writes the parts.
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
    ) -> None:
        self._source = source
        self._bucket = source_bucket
        self._owner = source_owner
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
        seconds_left: Callable[[], float],
    ) -> tuple[int, Checkpoint | None]:
        """List until done or nearly out of time. Returns the number of keys so far, and a checkpoint or None if done.

        With `max_keys`, one thread lists the first keys in order, so that the same run gives the same keys again.
        Raises the errors of `errors`, any error of writing a part, and botocore's connection errors: a listing that
        can't continue must never look like a short one.
        """
        if not prefixes:
            raise ValueError('no prefixes to list: "" stands for the whole bucket')
        invocation = checkpoint["invocation"] if checkpoint else 0
        listed = checkpoint["listed"] if checkpoint else 0
        ranges = restore(checkpoint, prefixes=prefixes) if checkpoint else whole_listing(prefixes)
        parts_prefix = f"{key_list_prefix}part-{invocation:03d}-"
        where = {"bucket": self._runs_bucket, "owner": self._runs_owner}
        delete_parts(self._runs, prefix=parts_prefix if checkpoint else key_list_prefix, **where)
        with PartWriter(self._runs, prefix=parts_prefix, keys_per_part=self._keys_per_part, **where) as writer:
            left = self._list(ranges, writer, None if max_keys is None else max_keys - listed, seconds_left)
        listed += writer.keys
        if not left:
            return listed, None
        return listed, save(left, prefixes=prefixes, invocation=invocation + 1, listed=listed)

    def _list(
        self, ranges: list[KeyRange], writer: PartWriter, limit: int | None, seconds_left: Callable[[], float]
    ) -> list[KeyRange]:
        """The ranges that are left when time runs out."""
        if limit is not None and limit <= 0:
            return []
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        thread_count = self._threads if limit is None else 1
        open_ranges = OpenRanges(ranges, threads=thread_count, take_keys=writer.append, limit=limit)
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
            try:
                page = read_page(
                    self._source,
                    token=token,
                    start_after=taken.after,
                    Bucket=self._bucket,
                    Prefix=taken.prefix,
                    ExpectedBucketOwner=self._owner,
                )
            except ClientError as error:
                raise named(error, doing=f"listing s3://{self._bucket}/{taken.prefix}") from error
            token = page.token
            more = open_ranges.advance(taken, page.keys, more=token is not None)
            if out_of_time():
                open_ranges.drain()
                return False
        return True
