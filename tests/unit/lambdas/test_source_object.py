"""The object that a job gets: what it requests and when, and that no failure of reading is hidden."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.job.failures import OutOfTime, ReadFailed
from lambdas.process_objects.job_call import call_job
from tests.fixtures.fake_s3 import MODIFIED, FakeS3, refusal
from tests.unit.lambdas.objects import Fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.job import SourceObject

CONTENT = bytes(range(256)) * 4
ETAG = f'"{FakeS3.etag(CONTENT)}"'
LISTED: dict[str, str | int] = {"ETag": ETAG, "Size": len(CONTENT), "LastModified": 1_790_000_000}

READS: dict[str, Callable[[SourceObject], Any]] = {
    "read": lambda obj: obj.read(),
    "read_range": lambda obj: obj.read_range(0, 2000),
    "tail": lambda obj: obj.tail(2000),
    "open": lambda obj: obj.open().read(),
    "open and seek": lambda obj: obj.open(seek=True).read(),
    "download": lambda obj: obj.download().read_bytes(),
}
REQUESTS: dict[str, Callable[[SourceObject], Any]] = {
    **READS,
    "size": lambda obj: obj.size,
    "etag": lambda obj: obj.etag,
    "last_modified": lambda obj: obj.last_modified,
    "metadata": lambda obj: obj.metadata,
    "content_type": lambda obj: obj.content_type,
    "storage_class": lambda obj: obj.storage_class,
    "tags": lambda obj: obj.tags(),
    "copy_to": lambda obj: obj.copy_to(),
}
each_read = pytest.mark.parametrize("read", READS.values(), ids=READS)
each_request = pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)


def test_nothing_is_requested_before_the_job_asks() -> None:
    fixture = Fixture(CONTENT, listed=LISTED)
    obj = fixture.object

    def process(obj: SourceObject) -> None:
        obj.open().close()
        obj.open(seek=True).close()
        obj.logger.info("nothing is read")
        assert (obj.key, obj.seconds_left()) == ("folder/file.txt", 60.0)

    assert call_job(process, obj).outcome["Outcome"] == "Succeeded"
    assert fixture.s3.calls == []


def test_what_the_key_list_has_is_not_requested() -> None:
    fixture = Fixture(CONTENT, listed=LISTED)
    obj = fixture.object
    assert (obj.size, obj.etag, obj.last_modified) == (1024, ETAG, datetime.fromtimestamp(1_790_000_000, UTC))
    assert fixture.s3.calls == []


def test_an_inventorys_fields_are_read_too() -> None:
    obj = Fixture(CONTENT, listed={"ETag": "e", "Size": "12", "LastModifiedDate": "2026-11-01T10:00:00.000Z"}).object
    assert (obj.size, obj.etag, obj.last_modified) == (12, '"e"', datetime(2026, 11, 1, 10, tzinfo=UTC))


def test_one_head_request_answers_what_the_key_list_does_not_have() -> None:
    fixture = Fixture(CONTENT)
    fixture.s3.properties["folder/file.txt"] = {
        "Metadata": {"owner": "me"},
        "ContentType": "text/csv",
        "StorageClass": "STANDARD_IA",
    }
    obj = fixture.object
    assert (obj.size, obj.etag, obj.last_modified) == (1024, ETAG, MODIFIED)
    assert (obj.metadata, obj.content_type, obj.storage_class) == ({"owner": "me"}, "text/csv", "STANDARD_IA")
    assert fixture.s3.operations == ["HeadObject"]


@each_read
def test_a_read_answers_it_as_well(read: Callable[[SourceObject], Any]) -> None:
    fixture = Fixture(CONTENT)
    assert read(fixture.object) == CONTENT
    requests = len(fixture.s3.calls)
    assert (fixture.object.size, fixture.object.etag, fixture.object.metadata) == (1024, ETAG, {})
    assert len(fixture.s3.calls) == requests


@each_request
def test_every_request_names_the_owner(request_: Callable[[SourceObject], Any]) -> None:
    fixture = Fixture(CONTENT)
    request_(fixture.object)
    assert fixture.s3.calls
    assert all(call["ExpectedBucketOwner"] == fixture.s3.owner for call in fixture.s3.calls)


@each_read
def test_every_read_is_of_the_object_that_was_listed(read: Callable[[SourceObject], Any]) -> None:
    fixture = Fixture(b"another content", listed={"ETag": ETAG})
    with pytest.raises(ReadFailed) as raised:
        read(fixture.object)
    assert raised.value.error == "ObjectChanged"


@each_read
def test_every_later_read_is_of_the_object_that_was_read_first(read: Callable[[SourceObject], Any]) -> None:
    fixture = Fixture(CONTENT)
    assert fixture.object.read_range(0, 1) == b"\0"
    fixture.s3.objects["source", "folder/file.txt"] = b"another content"
    with pytest.raises(ReadFailed) as raised:
        read(fixture.object)
    assert raised.value.error == "ObjectChanged"


@each_read
def test_an_empty_object_is_read(read: Callable[[SourceObject], Any]) -> None:
    assert read(Fixture(b"").object) == b""
    assert read(Fixture(b"", listed={"Size": 0, "ETag": FakeS3.etag(b"")}).object) == b""


@each_read
def test_a_size_that_was_listed_without_an_etag_is_not_trusted(read: Callable[[SourceObject], Any]) -> None:
    assert read(Fixture(CONTENT, listed={"Size": 7}).object) == CONTENT


def test_ranges_end_where_the_object_does() -> None:
    obj = Fixture(CONTENT).object
    assert obj.read_range(10, 5) == CONTENT[10:15]
    assert obj.read_range(1020, 100) == CONTENT[1020:]
    assert obj.read_range(1024, 100) == b""
    assert obj.read_range(5, 0) == b""
    assert obj.tail(3) == CONTENT[-3:]
    assert obj.tail(0) == b""
    assert Fixture(CONTENT).object.tail(3) == CONTENT[-3:]


@pytest.mark.parametrize("read", [lambda obj: obj.read_range(-1, 5), lambda obj: obj.tail(-1)])
def test_a_negative_range_is_refused(read: Callable[[SourceObject], Any]) -> None:
    with pytest.raises(ValueError, match="negative"):
        read(Fixture(CONTENT).object)


@each_request
@pytest.mark.parametrize(
    ("code", "error"), [("AccessDenied", "AccessDenied"), ("NoSuchKey", "ObjectNotFound"), ("SlowDown", "Throttled")]
)
def test_a_job_cannot_hide_a_failed_read(request_: Callable[[SourceObject], Any], code: str, error: str) -> None:
    def careless(obj: SourceObject) -> dict[str, Any]:
        try:
            request_(obj)
        except Exception:
            return {"read": False}
        return {"read": True}

    fixture = Fixture(CONTENT)
    fixture.s3.refusals["folder/file.txt"] = refusal(code, "because")
    outcome = call_job(careless, fixture.object).outcome
    assert (outcome["Outcome"], outcome.get("Error")) == ("Failed", error)


def test_a_failed_read_is_not_the_jobs_failure_whatever_the_job_raises() -> None:
    def translating(obj: SourceObject) -> dict[str, Any]:
        try:
            loaded: dict[str, Any] = json.loads(obj.read())
        except Exception as error:
            raise ValueError("not JSON") from error
        return loaded

    fixture = Fixture(CONTENT)
    fixture.s3.breaks["folder/file.txt"] = [0] * 99
    call = call_job(translating, fixture.object)
    assert call.outcome["Outcome"] == "Failed"
    assert call.outcome["Error"] == "ReadFailed"
    assert "ReadTimeoutError" in call.outcome["Cause"]


def test_the_jobs_own_failure_is_not_one_of_reading() -> None:
    def failing(obj: SourceObject) -> None:
        obj.read()
        raise OSError("no space left on device")

    outcome = call_job(failing, Fixture(CONTENT).object).outcome
    assert outcome["Outcome"] == "Failed"
    assert (outcome["Error"], outcome["Cause"]) == ("ProcessorFailed", "OSError: no space left on device")


@each_request
def test_nothing_is_requested_when_the_deadline_is_near(request_: Callable[[SourceObject], Any]) -> None:
    fixture = Fixture(CONTENT, out_of_time=lambda: True)
    with pytest.raises(OutOfTime):
        request_(fixture.object)
    assert fixture.s3.calls == []


def test_a_download_is_called_like_the_object_and_deleted_with_the_call() -> None:
    paths = []

    def process(obj: SourceObject) -> None:
        for name in (None, "mine"):
            path = obj.download(name)
            assert path.read_bytes() == CONTENT
            paths.append(path)

    assert call_job(process, Fixture(CONTENT).object).outcome["Outcome"] == "Succeeded"
    assert [path.name for path in paths] == ["file.txt", "mine"]
    assert not paths[0].parent.exists()


@pytest.mark.parametrize("key", ["a/..", ".", "folder/", "a\0b", "é" * 200])
def test_a_key_that_cannot_name_a_file_is_downloaded_too(key: str) -> None:
    fixture = Fixture(CONTENT, key=key)
    with fixture.attempt:
        path = fixture.object.download()
        assert path.read_bytes() == CONTENT
        assert path.parent == fixture.attempt.directory()


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/b", ""])
def test_a_download_stays_in_its_directory(name: str) -> None:
    with pytest.raises(ValueError, match="not a file's name"):
        Fixture(CONTENT).object.download(name)


def test_what_the_job_left_open_is_closed() -> None:
    opened = []

    def process(obj: SourceObject) -> None:
        opened.extend([obj.open(), obj.open(seek=True)])
        assert [stream.read(1) for stream in opened] == [b"\0", b"\0"]

    call_job(process, Fixture(CONTENT).object)
    assert [stream.raw.closed for stream in opened] == [True, True]


def test_tags_are_a_dict() -> None:
    fixture = Fixture(CONTENT)
    fixture.s3.tags["folder/file.txt"] = {"team": "data"}
    assert fixture.object.tags() == {"team": "data"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has it")
def test_a_full_disk_fails_a_download_with_the_setting_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    # A device whose every write finds no space: https://man7.org/linux/man-pages/man4/full.4.html
    monkeypatch.setattr("lambdas.job.attempt.Attempt.directory", lambda _: Path("/dev"))
    outcome = call_job(lambda obj: {"path": str(obj.download("full"))}, Fixture(CONTENT).object).outcome
    assert outcome["Outcome"] == "Failed"
    assert outcome["Error"] == "ProcessorFailed"
    assert "job.ephemeral_storage_mb" in outcome["Cause"]
