"""A file of this machine as a job's object: the same reading code, over a small S3 client of files."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from examples.jobs.checksum.job import process
from lambdas.job.failures import ReadFailed
from lambdas.job.local import local_object
from lambdas.process_objects.job_call import call_job
from tests.fixtures.nasty_keys import NASTY_KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from lambdas.job import SourceObject

CONTENT = b"one\ntwo\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "file.csv"
    file.write_bytes(CONTENT)
    return file


def test_a_job_processes_a_file_as_it_processes_an_object(path: Path) -> None:
    assert process(local_object(path)) == {"size": 8, "sha256": hashlib.sha256(CONTENT).hexdigest(), "lines": 2}


def test_a_file_has_what_an_object_has(path: Path) -> None:
    obj = local_object(path, key="2026/file.csv")
    assert (obj.key, obj.size, obj.etag) == (
        "2026/file.csv",
        8,
        f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"',
    )
    assert (obj.content_type, obj.storage_class, obj.metadata, obj.tags()) == ("text/csv", "STANDARD", {}, {})
    assert obj.last_modified.tzinfo is UTC
    assert local_object(path).key == "file.csv"
    assert obj.seconds_left() > 0


def test_every_way_of_reading_reads_the_file(path: Path) -> None:
    obj = local_object(path)
    assert obj.read() == obj.open().read() == obj.open(seek=True).read() == obj.download().read_bytes() == CONTENT
    assert (obj.tail(4), obj.read_range(2, 3), obj.read_range(8, 1)) == (b"two\n", b"e\nt", b"")


def test_an_index_at_the_end_is_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("large", bytes(3_000_000))
        archive.writestr("small", b"here")
    with zipfile.ZipFile(local_object(tmp_path / "a.zip").open(seek=True)) as archive:
        assert archive.read("small") == b"here"


def test_a_file_that_changes_while_it_is_read_is_an_object_that_changed(path: Path) -> None:
    obj = local_object(path)
    assert obj.read() == CONTENT
    path.write_bytes(b"changed")
    with pytest.raises(ReadFailed) as raised:
        obj.read()
    assert raised.value.error == "ObjectChanged"


def test_a_file_that_does_not_exist_is_an_object_that_does_not_exist(tmp_path: Path) -> None:
    outcome = call_job(process, local_object(tmp_path / "absent")).outcome
    assert (outcome["Outcome"], outcome.get("Error")) == ("Failed", "ObjectNotFound")


def test_outputs_and_copies_are_files_below_the_folder(path: Path, tmp_path: Path) -> None:
    obj = local_object(path, key="2026/file.csv", output=tmp_path / "out")
    obj.output.put("bytes", b"bytes")
    with path.open("rb") as file:
        obj.output.put("a/file", file)
    with obj.output.open("a/opened") as opened:
        opened.write(b"opened")
    obj.copy_to()
    written = {file.relative_to(tmp_path / "out").as_posix(): file.read_bytes() for file in files(tmp_path / "out")}
    assert written == {"bytes": b"bytes", "a/file": CONTENT, "a/opened": b"opened", "2026/file.csv": CONTENT}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "key", [key for key in NASTY_KEYS if len(key.encode()) < 250] + ["../../up", "/root", "a//b", "."]
)
def test_an_output_stays_below_the_folder_whatever_its_key_is(path: Path, tmp_path: Path, key: str) -> None:
    local_object(path, output=tmp_path / "out").output.put(key, b"here")
    (written,) = [file for file in files(tmp_path) if file != path]
    assert written.resolve().is_relative_to(tmp_path / "out")
    assert written.read_bytes() == b"here"


def test_without_a_folder_there_is_no_output(path: Path) -> None:
    def write(obj: SourceObject) -> None:
        obj.output.put("key", b"")

    outcome = call_job(write, local_object(path)).outcome
    assert outcome["Outcome"] == "Failed"
    assert "[job.output]" in outcome["Cause"]
