"""The names of runs that commands have seen: kept in one file, read back, and worth no error."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mapspan.running.seen_runs import MOST_NAMES, cache_file, remember_runs, seen_runs


def test_names_are_kept_newest_first_and_once() -> None:
    remember_runs("prod", ["may", "april"])
    remember_runs("prod", ["june", "may"])
    assert seen_runs("prod") == ["june", "may", "april"]


def test_each_environment_has_names_of_its_own(runs_seen: Path) -> None:
    remember_runs("prod", ["january"])
    remember_runs("dev", ["trial"])
    assert (seen_runs("prod"), seen_runs("dev"), seen_runs("test")) == (["january"], ["trial"], [])
    assert json.loads(runs_seen.read_text()) == {"prod": ["january"], "dev": ["trial"]}


def test_at_most_fifty_names_are_kept() -> None:
    remember_runs("prod", [f"old-{number}" for number in range(MOST_NAMES)])
    remember_runs("prod", ["new"])
    names = seen_runs("prod")
    assert MOST_NAMES == 50
    assert (len(names), names[:2], names[-1]) == (50, ["new", "old-0"], "old-48")


@pytest.mark.parametrize("name", ["", "a b", "$(id)", "a;b", "a/b", "ü", "x" * 81, "arn:aws:states:1:x", "a\n"])
def test_a_name_with_other_characters_is_neither_kept_nor_offered(runs_seen: Path, name: str) -> None:
    remember_runs("prod", [name, "january"])
    assert json.loads(runs_seen.read_text()) == {"prod": ["january"]}
    runs_seen.write_text(json.dumps({"prod": [name, "january"], name: ["x"]}))
    assert seen_runs("prod") == ["january"]
    assert seen_runs(name) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"prod": "january"}',
        b'{"prod": {"january": 1}}',
        b'{"prod": [1, null, ["january"]]}',
        b"[" * 200_000,
        b'{"prod": ["january"]}' + b" " * 1_000_000,
    ],
    ids=range(10),
)
def test_a_broken_or_foreign_file_counts_as_none_and_is_replaced(runs_seen: Path, content: bytes) -> None:
    runs_seen.parent.mkdir(exist_ok=True)
    runs_seen.write_bytes(content)
    assert seen_runs("prod") == []
    remember_runs("prod", ["february"])
    assert seen_runs("prod") == ["february"]


def test_a_file_that_cannot_be_written_is_no_error(runs_seen: Path) -> None:
    runs_seen.mkdir(parents=True)
    try:
        remember_runs("prod", ["january"])
        assert seen_runs("prod") == []
        assert list(runs_seen.parent.iterdir()) == [runs_seen], "no temporary file is left"
    finally:
        runs_seen.rmdir()


def test_a_failed_write_leaves_the_old_file(runs_seen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember_runs("prod", ["january"])

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("mapspan.running.seen_runs.json.dump", fail)
    remember_runs("prod", ["february"])
    assert json.loads(runs_seen.read_text()) == {"prod": ["january"]}
    assert list(runs_seen.parent.iterdir()) == [runs_seen]


@pytest.mark.parametrize(
    ("platform", "variables", "file"),
    [
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/mapspan/runs.json"),
        ("linux", {"HOME": "/home/ann"}, "/home/ann/.cache/mapspan/runs.json"),
        ("linux", {"HOME": "/home/ann", "XDG_CACHE_HOME": "caches"}, "/home/ann/.cache/mapspan/runs.json"),
        ("darwin", {"HOME": "/Users/ann"}, "/Users/ann/.cache/mapspan/runs.json"),
        ("win32", {"LOCALAPPDATA": "/local", "XDG_CACHE_HOME": "/caches"}, "/local/mapspan/runs.json"),
    ],
)
def test_the_file_is_in_the_users_cache_directory(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], file: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_file() == Path(file)
