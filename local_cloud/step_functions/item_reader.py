"""ItemReader: a distributed Map's items from S3, as a stream.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

import csv
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import botocore.exceptions

from local_cloud.step_functions.errors import ITEM_READER_FAILED, StateFailure

_CHUNK_BYTES = 1024 * 1024
_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def read(reader: dict[str, Any], s3: Any) -> Iterator[Any]:
    """The items of an evaluated ItemReader. Raises States.ItemReaderFailed, with the error of S3 or of the parser."""
    config = reader.get("ReaderConfig", {})
    most = int(config.get("MaxItems", 0))
    _check(config, most)
    try:
        items = _items(reader["Resource"].rpartition(":")[2], reader["Arguments"], config, s3)
        yield from islice(items, most or None)  # 0 means no limit, as on AWS
    except botocore.exceptions.ClientError as error:
        raise StateFailure(ITEM_READER_FAILED, str(error)) from error
    except (ValueError, KeyError, TypeError, csv.Error, zlib.error, UnicodeDecodeError) as error:
        cause = f"Attempt to read the items of {reader['Arguments']} failed: {error}"
        raise StateFailure(ITEM_READER_FAILED, cause) from error


def _check(config: dict[str, Any], most: int) -> None:
    """Raises States.ItemReaderFailed in the words that were recorded on AWS."""
    if most < 0:
        raise StateFailure(ITEM_READER_FAILED, "field MaxItems must be positive")
    headers = config.get("CSVHeaders", [])
    if len(set(headers)) < len(headers):
        raise StateFailure(ITEM_READER_FAILED, "CSV headers cannot contain duplicates.")


def _items(action: str, arguments: dict[str, Any], config: dict[str, Any], s3: Any) -> Iterator[Any]:
    if action == "listObjectsV2":
        objects = _list(arguments, s3)
        if config.get("Transformation") != "LOAD_AND_FLATTEN":
            return objects
        return (item for entry in objects for item in _parse({**_bucket(arguments), "Key": entry["Key"]}, config, s3))
    if config.get("InputType") == "MANIFEST" or config.get("ManifestType") == "S3_INVENTORY":
        return _inventory(arguments, s3)
    return _parse(arguments, config, s3)


def _bucket(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: arguments[name] for name in ("Bucket", "ExpectedBucketOwner") if name in arguments}


def _list(arguments: dict[str, Any], s3: Any) -> Iterator[dict[str, Any]]:
    for page in s3.get_paginator("list_objects_v2").paginate(**arguments):
        for entry in page.get("Contents", []):
            yield {
                "Etag": entry["ETag"],
                "Key": entry["Key"],
                "LastModified": int(entry["LastModified"].timestamp()),
                "Size": entry["Size"],
                "StorageClass": entry.get("StorageClass", "STANDARD"),
            }


def _parse(arguments: dict[str, Any], config: dict[str, Any], s3: Any) -> Iterator[Any]:
    kind = config.get("InputType", "JSON")
    chunks = _chunks(arguments, s3)
    if kind == "JSONL":
        return (json.loads(line) for line in _lines(chunks) if line.strip())
    if kind == "CSV":
        return _rows(chunks, config)
    if kind == "JSON":
        return iter(_items_at(json.loads(b"".join(chunks)), config.get("ItemsPointer", "")))
    raise ValueError(f"the local cloud doesn't read InputType {kind}")


def _chunks(arguments: dict[str, Any], s3: Any) -> Iterator[bytes]:
    body = s3.get_object(**arguments)["Body"]
    chunks: Iterator[bytes] = body.iter_chunks(_CHUNK_BYTES)
    if not arguments["Key"].endswith(".gz"):
        return chunks
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: a gzip header
    return (inflater.decompress(chunk) for chunk in chunks)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines that end with a newline: a key can contain the other characters that `splitlines` splits on."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest


def _items_at(document: Any, pointer: str) -> list[Any]:
    for token in pointer.split("/")[1:]:
        step = token.replace("~1", "/").replace("~0", "~")
        document = document[int(step)] if isinstance(document, list) else document[step]
    if isinstance(document, dict):
        return [{"Key": key, "Value": value} for key, value in document.items()]
    if not isinstance(document, list):
        raise ValueError("the file contains no array")  # noqa: TRY004 - the file is wrong, not an argument's type
    return document


def _rows(chunks: Iterable[bytes], config: dict[str, Any]) -> Iterator[dict[str, str]]:
    stream = io.TextIOWrapper(io.BufferedReader(_Raw(chunks)), encoding="utf-8-sig", newline="")
    delimiter = _DELIMITERS[config.get("CSVDelimiter", "COMMA")]
    rows = csv.reader(stream, delimiter=delimiter, escapechar="\\")
    headers = config["CSVHeaders"] if config.get("CSVHeaderLocation") == "GIVEN" else next(rows, [])
    for row in rows:
        if row:
            padded = row + [""] * (len(headers) - len(row))
            yield dict(zip(headers, padded, strict=False))


class _Raw(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _inventory(arguments: dict[str, Any], s3: Any) -> Iterator[dict[str, str]]:
    """The rows of an S3 Inventory delivery, with keys as they are in the file (URL-encoded).
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
    """
    manifest = json.loads(b"".join(_chunks(arguments, s3)))
    if manifest["fileFormat"] != "CSV":
        raise ValueError(f"an inventory in {manifest['fileFormat']}, not CSV")
    config = {
        "CSVHeaderLocation": "GIVEN",
        "CSVHeaders": [name.strip() for name in manifest["fileSchema"].split(",")],
    }
    bucket = manifest["destinationBucket"].rpartition(":")[2]
    for file in manifest["files"]:
        yield from _rows(_chunks({**_bucket(arguments), "Bucket": bucket, "Key": file["key"]}, s3), config)
