"""The job on files of its own, without a cloud."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import BadZipFile

import pytest
from job import process

from lambdas.job import Skip
from lambdas.job.local import local_object

SAMPLES = Path(__file__).parent / "samples"


def test_the_result_counts_the_members() -> None:
    assert process(local_object(SAMPLES / "photos.zip")) == {"members": 3, "bytes": 600, "compressed_bytes": 22}


def test_the_output_has_a_line_for_each_member(tmp_path: Path) -> None:
    process(local_object(SAMPLES / "photos.zip", output=tmp_path))
    first, *_ = lines = (tmp_path / "photos.zip.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    assert json.loads(first) == {
        "name": "2026/март/один.txt",
        "bytes": 400,
        "compressed_bytes": 11,
        "modified": "2026-03-01T12:00:00",
    }


def test_a_zip_without_members_has_an_empty_index(tmp_path: Path) -> None:
    result = process(local_object(SAMPLES / "without-members.zip", output=tmp_path))
    assert result == {"members": 0, "bytes": 0, "compressed_bytes": 0}
    assert (tmp_path / "without-members.zip.jsonl").read_bytes() == b""


def test_what_is_not_named_a_zip_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(Skip, match=r"^not a \.zip$"):
        process(local_object(tmp_path / "a.txt"))


def test_a_zip_without_its_directory_fails(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes((SAMPLES / "photos.zip").read_bytes()[:100])
    with pytest.raises(BadZipFile):
        process(local_object(tmp_path / "cut.zip"))
