"""What has changed since the last success: decides for each object whether an incremental run lists it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict, final

from lambdas.shared.key_lists import objects_prefix
from lambdas.shared.last_success import (
    BrokenLastSuccess,
    LastSuccess,
    Places,
    SuccessfulRun,
    read_json,
)

from .digests import DigestSet, digest_of, digest_of_key
from .parts import delete_parts, keys_below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from .listed_object import ListedObject

# A part holds half a million digests.
_PART_BYTES = 8 * 1024 * 1024


@final
class Look(TypedDict):
    """The time span of a run, for all its invocations.

    `looked_until`: when the listing began, by S3's clock. `since`: the run whose state it began with; None if there was
    none, or if everything is listed.
    """

    looked_until: str
    since: str | None


class RunsBucket:
    """The runs bucket, as far as the state of an incremental environment needs it."""

    def __init__(self, client: S3Client, *, bucket: str, owner: str) -> None:
        self.client = client
        self.bucket = bucket
        self.owner = owner

    def document(self, key: str, fields: type) -> Any:
        """A JSON document; None if it doesn't exist. Raises as `read_json` does."""
        found = read_json(self.client, bucket=self.bucket, owner=self.owner, key=key, fields=fields)
        return found[0] if found else None

    def parts(self, prefix: str) -> Iterator[bytes]:
        """The contents of the objects below a prefix."""
        for keys in keys_below(self.client, bucket=self.bucket, owner=self.owner, prefix=prefix):
            for key in keys:
                answer = self.client.get_object(Bucket=self.bucket, Key=key, ExpectedBucketOwner=self.owner)
                yield answer["Body"].read()


class LastRuns:
    """Compares each object with what the last successful run saw, and remembers it for the next run.

    An object is new unless the run of `look["since"]` or an earlier one processed it with the same key, ETag and
    modification time. Objects that were modified more than `overlap` before that run looked are old: S3 showed them to
    it, if they appear within the overlap after their modification time.
    """

    def __init__(
        self,
        runs: RunsBucket,
        *,
        source_bucket: str,
        run: str,
        look: Look,
        overlap: timedelta,
        invocation: tuple[str, int] | None,
        attempt: str,
    ) -> None:
        """Loads the state. `invocation`: the lister's name and its invocation's number; None for the first of the run.

        `attempt`: the name of this attempt at it. Raises BrokenLastSuccess and any error of S3.
        """
        self._runs = runs
        lister, number = invocation or ("0", 0)
        place = f"{objects_prefix(run)}part-{lister}-{number:03d}-"
        self._part_prefix = f"{place}{attempt}-"
        self._parts = 0
        self._pending = bytearray()
        self._remembered_from = _epoch(look["looked_until"]) - overlap.total_seconds()
        self._processed, self._failed = DigestSet(), DigestSet()
        self._covered: tuple[str, ...] = ()
        self._old_before = float("-inf")
        self.looked_from: str | None = None
        if look["since"] is not None:
            self._load(Places(source_bucket), look["since"], overlap)
        delete_parts(
            runs.client,
            bucket=runs.bucket,
            owner=runs.owner,
            prefix=place if invocation else objects_prefix(run),
            place=place,
            attempt=attempt,
        )

    def is_new(self, listed: ListedObject, prefix: str) -> bool:
        """Whether no earlier run has processed the object as it is now. Remembers it: call it once."""
        modified = listed.modified
        digest = digest_of(listed)
        if modified >= self._remembered_from:
            self._remember(digest)
        if not prefix.startswith(self._covered) or digest_of_key(listed.key) in self._failed:
            return True
        return modified >= self._old_before and digest not in self._processed

    def finish(self) -> None:
        """Write what is not written yet."""
        if self._pending:
            self._write()

    def _load(self, places: Places, since: str, overlap: timedelta) -> None:
        state: SuccessfulRun | None = self._runs.document(places.successful_run(since), SuccessfulRun)
        if state is None:
            raise BrokenLastSuccess(
                f"s3://{self._runs.bucket}/{places.successful_run(since)} is missing, and the last success names it."
                " To process everything, start a run with everything"
            )
        self._covered = tuple(state["prefixes"])
        self._old_before = _epoch(state["looked_until"]) - overlap.total_seconds()
        self.looked_from = _text(self._old_before)
        for digests in self._runs.parts(places.objects(since)):
            self._processed.add_all(digests)
        for lines in self._runs.parts(places.failed(since)):
            keys = (json.loads(line)["Key"] for line in lines.split(b"\n") if line)
            self._failed.add_all(b"".join(map(digest_of_key, keys)))

    def _remember(self, digest: bytes) -> None:
        self._pending += digest
        if len(self._pending) >= _PART_BYTES:
            self._write()

    def _write(self) -> None:
        self._runs.client.put_object(
            Bucket=self._runs.bucket,
            Key=f"{self._part_prefix}{self._parts:05d}",
            Body=bytes(self._pending),
            ExpectedBucketOwner=self._runs.owner,
        )
        self._parts += 1
        self._pending.clear()


def begin_look(
    runs: RunsBucket, *, source_bucket: str, changes: Literal["changed", "everything"], s3_clock: str
) -> Look:
    """The look of a run that begins now. `s3_clock`: S3's clock, as HTTP writes it.

    Raises BrokenLastSuccess and any error of S3.
    """
    last: LastSuccess | None = None
    if changes == "changed":
        last = runs.document(Places(source_bucket).last_success, LastSuccess)
    looked_until = _text(parsedate_to_datetime(s3_clock).timestamp())
    return {"looked_until": looked_until, "since": last["run"] if last else None}


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
