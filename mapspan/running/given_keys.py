"""A key list from elsewhere: checked whole, then written to the runs bucket for one run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from modules.asl.quotas import KEY_MAX_BYTES
from modules.pipeline.workflow.names import KEY_LISTS

_KEYS_PER_PART = 100_000


class BadLineError(ValueError):
    """A line of a key list that can't be processed."""


def write_given_keys(deployment: Deployment, file: Path, *, name: str, console: Console) -> dict[str, Any]:
    """Write the keys of `file` as the key list of the run `name`; returns the run's input.

    The whole file is checked before anything is written.

    Raises:
        CommandError: the file can't be read, has no key, or has a bad line, whose number the error names.
    """
    environment = deployment.environment
    total = sum(1 for _ in _items(file, environment.source.prefixes))
    if not total:
        raise CommandError(f'--keys {file}: has no key: write a line such as {{"Key": "2026/photo.jpg"}} for each')
    prefix = f"{KEY_LISTS}{name}/given/"
    items = _items(file, environment.source.prefixes)
    s3, parts = deployment.s3(), range(0, total, _KEYS_PER_PART)
    for number, _ in enumerate(track(parts, f"writing {total:,} keys", console=console, transient=True)):
        s3.put_object(
            Bucket=deployment.runs_bucket,
            Key=f"{prefix}part-000-{number:05d}.jsonl",
            Body="".join(f"{json.dumps(item)}\n" for item in islice(items, _KEYS_PER_PART)).encode("ascii"),
            ContentType="application/jsonl",
            ExpectedBucketOwner=environment.target.account_id,
        )
    return {"key_list": {"prefix": prefix}}


def _items(file: Path, prefixes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The lines of a file, each checked; blank ones are left out."""
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _parse_numbered(file, number, line, prefixes)
    except OSError as error:
        raise CommandError(f"--keys {file}: can't be read: {error.strerror}") from error


def _parse_numbered(file: Path, number: int, line: bytes, prefixes: Sequence[str]) -> dict[str, Any]:
    try:
        return parse_line(line, prefixes)
    except BadLineError as error:
        raise CommandError(f"--keys {file}: line {number}: {error}") from error


def parse_line(line: bytes, prefixes: Sequence[str]) -> dict[str, Any]:
    """One item of a key list. `prefixes`: a key begins with one of them; none for any key.

    Raises BadLineError.
    """
    try:
        item = json.loads(line)
    except ValueError as error:
        raise BadLineError(f"is not JSON: {error}") from error
    if not isinstance(item, dict) or "Key" not in item:
        raise BadLineError('is not an object with a Key: write {"Key": "…"}')
    for field, value in item.items():
        if field not in _FIELDS:
            raise BadLineError(f"{field[:40]!r} is not a field of it: write {', '.join(_FIELDS)}")
        if not _FIELDS[field](value):
            raise BadLineError(f"{field}: {json.dumps(value)[:60]} {_PROBLEMS[field]}")
    if prefixes and not item["Key"].startswith(tuple(prefixes)):
        raise BadLineError(f"Key: {item['Key'][:60]!r} is outside of source.prefixes: {', '.join(prefixes)}")
    return item


def _is_key(value: object) -> bool:
    try:
        return isinstance(value, str) and 0 < len(value.encode()) <= KEY_MAX_BYTES
    except UnicodeEncodeError:
        return False


# Each field of a line, and whether a value is right.
_FIELDS: Mapping[str, Callable[[object], bool]] = {
    "Key": _is_key,
    "ETag": lambda value: isinstance(value, str) and bool(value.strip('"')),
    "Size": lambda value: type(value) is int and value >= 0,
    "LastModified": lambda value: type(value) in (int, float),
}
_PROBLEMS = {
    "Key": f"is not the key of an object: write a text of 1 to {KEY_MAX_BYTES:,} bytes",
    "ETag": "is not an ETag: write the text that S3 gives, or leave it out",
    "Size": "is not a size: write a whole number of bytes, or leave it out",
    "LastModified": "is not a time: write the seconds since 1970, or leave it out",
}
