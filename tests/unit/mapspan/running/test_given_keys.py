"""A key list from elsewhere is checked whole before anything is written."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.running.given_keys import write_given_keys
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.nasty_keys import NASTY_KEYS

LOCAL = load("local")


def write(tmp_path: Path, content: bytes) -> tuple[dict[str, Any], FakeS3]:
    file, s3 = tmp_path / "keys.jsonl", FakeS3(owner=LOCAL.target.account_id)
    file.write_bytes(content)
    deployment = SimpleNamespace(environment=LOCAL, runs_bucket="runs", s3=lambda: s3.client)
    try:
        run_input = write_given_keys(
            cast("Deployment", deployment), file, name="night", console=Console(file=io.StringIO())
        )
    except CommandError:
        assert s3.operations == [], "nothing is written before the whole file is checked"
        raise
    return run_input, s3


def test_the_keys_become_the_key_list_of_the_run(tmp_path: Path) -> None:
    items: list[dict[str, Any]] = [{"Key": f"2026/{key}"} for key in NASTY_KEYS if len(key.encode()) < 1000]
    items.append({"Key": "2026/a", "ETag": '"0"', "Size": 3, "LastModified": 1_772_236_800.0})
    lines = "".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in items) + "\n"
    run_input, s3 = write(tmp_path, lines.encode())
    assert run_input == {"key_list": {"prefix": "key-lists/night/given/"}}
    assert s3.lines("key-lists/night/given/part-000-00000.jsonl") == items


def test_many_keys_become_several_parts(tmp_path: Path) -> None:
    _, s3 = write(tmp_path, b'{"Key": "2026/a"}\n' * 100_001)
    assert [body.count(b"\n") for body in s3.below("runs", "key-lists/night/given/").values()] == [100_000, 1]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"2026/a", "line 2: is not JSON"),
        (b'"2026/a"', 'line 2: is not an object with a Key: write {"Key": "…"}'),
        (b'{"key": "2026/a"}', "line 2: is not an object with a Key"),
        (b'{"Key": "2026/a", "Etag": "x"}', "line 2: 'Etag' is not a field of it: write Key, ETag, Size, LastModified"),
        (b'{"Key": ""}', 'line 2: Key: "" is not the key of an object'),
        (b'{"Key": 7}', "line 2: Key: 7 is not the key of an object"),
        (b'{"Key": "2026/\\ud800"}', "line 2: Key: "),
        (b'{"Key": "2026/' + b"k" * 1020 + b'"}', "line 2: Key: "),
        (b'{"Key": "2026/a", "Size": "3"}', 'line 2: Size: "3" is not a size'),
        (b'{"Key": "2026/a", "ETag": ""}', 'line 2: ETag: "" is not an ETag'),
        (b'{"Key": "2026/a", "LastModified": true}', "line 2: LastModified: true is not a time"),
        (b'{"Key": "2025/a"}', "line 2: Key: '2025/a' is outside of source.prefixes: 2026/"),
    ],
)
def test_the_first_bad_line_is_named(tmp_path: Path, line: bytes, error: str) -> None:
    with pytest.raises(CommandError) as refused:
        write(tmp_path, b'{"Key": "2026/good"}\n' + line + b"\nnor this\n")
    assert error in str(refused.value)


def test_a_file_without_a_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no key"):
        write(tmp_path, b"\n\n")


def test_a_file_that_does_not_exist_is_refused() -> None:
    deployment = cast("Deployment", SimpleNamespace(environment=LOCAL))
    with pytest.raises(CommandError, match="can't be read: No such file"):
        write_given_keys(deployment, Path("gone.jsonl"), name="night", console=Console())
