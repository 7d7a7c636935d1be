"""Reads objects of any size in chunks: unpacks them, parses their JSON records, or counts their lines."""

from __future__ import annotations

import codecs
import json
import re
import zlib
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.batch_record import GZIP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

CHUNK_BYTES = 1024 * 1024
# How often the connection may break while one object is read; each time, reading continues at the next byte.
_BREAKS = 5
# In bytes: a child's input and output are 256 KiB each; escaping makes that up to six times as long, and a JSON string
# in JSON twice as long again.
_LONGEST_RECORD = 16 * 1024 * 1024
# The text between records: line ends in JSON Lines, brackets and commas in a JSON array.
_BETWEEN = re.compile(r"[\s,\[\]]*")


class BrokenRecord(Exception):  # noqa: N818 # named as Step Functions shows it
    """The object is neither a JSON array of objects nor JSON Lines of them, or it ends in the middle of one."""


def read_chunks(
    client: S3Client, *, bucket: str, owner: str, key: str, version_id: str | None = None, offset: int = 0
) -> Iterator[bytes]:
    """The object's bytes from `offset` on. `version_id`: None for the current version.

    Raises any error of GetObject, and the last of too many broken reads.
    """
    breaks = 0
    while True:
        request: GetObjectRequestTypeDef = {"Bucket": bucket, "Key": key, "ExpectedBucketOwner": owner}
        if version_id is not None:
            request["VersionId"] = version_id
        if offset:
            request["Range"] = f"bytes={offset}-"
        try:
            body = client.get_object(**request)["Body"]
            while chunk := body.read(CHUNK_BYTES):
                offset += len(chunk)
                yield chunk
        except ClientError as error:
            # The object ends at `offset`, so it was read to its end.
            if error.response.get("Error", {}).get("Code") == "InvalidRange":
                return
            raise
        except (BotoCoreError, OSError):
            breaks += 1
            if breaks > _BREAKS:
                raise
        else:
            return


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The content of a gzip file in pieces of at most 1 MiB. Raises BrokenRecord if it isn't one or isn't whole."""
    unpack = zlib.decompressobj(wbits=GZIP)
    try:
        for chunk in chunks:
            packed = chunk
            while packed:
                yield unpack.decompress(packed, CHUNK_BYTES)
                packed = unpack.unconsumed_tail
    except zlib.error as error:
        raise BrokenRecord(f"not a gzip file: {error}") from error
    if not unpack.eof or unpack.unused_data:
        raise BrokenRecord("not one whole gzip file")


def read_records(chunks: Iterator[bytes], *, offset: int = 0) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """The records of each chunk, and the offset at which reading can continue after them.

    `offset` is the position of the first chunk in the object, in bytes. Raises BrokenRecord.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for chunk in chunks:
        text = rest + decoder.decode(chunk)
        records, end = _parse(text)
        offset += len(text[:end].encode())
        rest = text[end:]
        if len(rest) > _LONGEST_RECORD:
            raise BrokenRecord(f"no whole JSON record at byte {offset}: {rest[:200]!r}")
        yield records, offset
    rest += decoder.decode(b"", final=True)
    if rest:
        raise BrokenRecord(f"no whole JSON record at byte {offset}: {rest[:200]!r}")


def count_lines(chunks: Iterator[bytes]) -> Iterator[int]:
    """How many non-blank lines end in each chunk; the last number is 1 if the object ends without a line end."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield sum(1 for line in lines if line.strip())
    yield 1 if rest.strip() else 0


def _parse(text: str) -> tuple[list[dict[str, Any]], int]:
    """The complete records in `text`, and the position of the first incomplete one."""
    decode = json.JSONDecoder().raw_decode
    records: list[dict[str, Any]] = []
    end = _after_gap(text, 0)
    while end < len(text):
        try:
            record, stop = decode(text, end)
        except json.JSONDecodeError:
            break
        if not isinstance(record, dict):
            raise BrokenRecord(f"not a JSON object: {str(record)[:200]!r}")
        records.append(record)
        # Lines follow each other at once, which is quicker to see than to search for.
        end = stop + 1 if text.startswith("\n{", stop) else _after_gap(text, stop)
    return records, end


def _after_gap(text: str, position: int) -> int:
    gap = _BETWEEN.match(text, position)
    return gap.end() if gap else position
