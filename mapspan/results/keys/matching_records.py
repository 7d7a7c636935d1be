"""The records and outcomes that may name a key, found without parsing all the others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.shared.batch_record import BatchRecord
from lambdas.summarize_run.records import BrokenRecord, read_chunks, read_records, unpacked
from mapspan.results.batch_objects import batch_objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# No JSON writer and no URL encoding changes these characters.
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, kw_only=True)
class BucketReader:
    """Reads objects of the runs bucket. `advance` gets the number of bytes as they are read."""

    client: S3Client
    bucket: str
    owner: str
    advance: Callable[[int], object] = lambda _: None

    def matching_records(self, file: str, token: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
        """The records whose text contains `token`, each with the number of its line.

        Raises BrokenRecord.
        """
        chunks = self._chunks(file)
        if not file.endswith(".jsonl"):
            records = (record for several, _ in read_records(chunks) for record in several)
            yield from enumerate(records, start=1)
            return
        yield from _parsed(matching_lines(chunks, token), file)

    def matching_outcomes(
        self, batches: Iterable[BatchRecord], token: bytes
    ) -> Iterator[tuple[BatchRecord, dict[str, Any]]]:
        """The outcomes whose text contains `token`, each with the record of its batch.

        Raises BrokenRecord.
        """
        for batch, chunks in batch_objects(self.client, batches, bucket=self.bucket, owner=self.owner):
            lines = matching_lines(unpacked(self._counted(chunks)), token)
            yield from ((batch, outcome) for _, outcome in _parsed(lines, batch["Results"]["Key"]))

    def _chunks(self, file: str) -> Iterator[bytes]:
        return self._counted(read_chunks(self.client, bucket=self.bucket, owner=self.owner, key=file))

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.advance(len(chunk))
            yield chunk


def _parsed(lines: Iterable[tuple[int, bytes]], file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines:
        try:
            record = json.loads(line)
        except ValueError as error:
            raise BrokenRecord(f"{file}: line {number} is not JSON: {error}") from error
        yield number, record


def token_of(key: str) -> bytes:
    """Text that every line with this key contains, however its JSON is escaped; empty if nothing is sure."""
    return max(_PLAIN.findall(key), key=len, default="").encode()


def matching_lines(chunks: Iterable[bytes], token: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that contain `token`, each with its number; blank lines are left out."""
    rest, before = b"", 0
    for chunk in chunks:
        block = rest + chunk
        end = block.rfind(b"\n") + 1
        rest = block[end:]
        yield from _in_block(block[:end], token, before)
        before += block.count(b"\n", 0, end)
    yield from _in_block(rest, token, before)


def _in_block(block: bytes, token: bytes, before: int) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(block) and (at := block.find(token, start)) >= 0:
        line_start = block.rfind(b"\n", start, at) + 1 or start
        before += block.count(b"\n", start, line_start)
        line_end = block.find(b"\n", at)
        line_end = len(block) if line_end < 0 else line_end
        line = block[line_start:line_end]
        if line.strip():
            yield before + 1, line
        before += 1
        start = line_end + 1
