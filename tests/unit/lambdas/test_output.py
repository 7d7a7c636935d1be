"""What a job writes: below its prefix, whole or not at all, and no failed write is hidden."""

from __future__ import annotations

import csv
import gzip
import io
import random
import zipfile
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from lambdas.job.failures import OutOfTime, OutputFailed
from lambdas.job.output import PART_BYTES
from lambdas.process_objects.client import s3_client
from lambdas.process_objects.job_call import call_job
from tests.fixtures.fake_s3 import refusal
from tests.fixtures.stand_in.running import in_thread
from tests.fixtures.stand_in.server import StandIn
from tests.unit.lambdas.objects import TARGET, Fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.job import SourceObject

LARGE = random.Random(4).randbytes(PART_BYTES + 1000)  # noqa: S311 # the same bytes in every run


class Trickle(io.RawIOBase):
    """A file that can't seek, and reads less than it is asked for."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        chunk = self._content.read(min(len(buffer), 100_000))
        buffer[: len(chunk)] = chunk
        return len(chunk)


@pytest.mark.parametrize("content", [b"", b"small", LARGE], ids=["empty", "small", "large"])
@pytest.mark.parametrize("of", [bytes, bytearray, memoryview, io.BytesIO, Trickle])
def test_bytes_and_files_are_written_below_the_prefix(of: Callable[[bytes], Any], content: bytes) -> None:
    fixture = Fixture(b"")
    fixture.object.output.put("a/b", of(content), content_type="text/csv", metadata={"made": "here"})
    assert fixture.output.below("output", "") == {"out/a/b": content}
    (call,) = fixture.output.calls
    assert (call["ExpectedBucketOwner"], call["ContentType"], call["Metadata"]) == (
        TARGET,
        "text/csv",
        {"made": "here"},
    )


def test_a_file_is_written_from_where_it_is() -> None:
    fixture, file = Fixture(b""), io.BytesIO(b"0123")
    file.seek(2)
    fixture.object.output.put("key", file)
    assert fixture.output.below("output", "") == {"out/key": b"23"}


def test_text_is_refused_with_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"encode"):
        Fixture(b"").object.output.put("key", "text")  # type: ignore[arg-type] # as a job may call it


@pytest.mark.parametrize("seek", [False, True])
def test_the_object_itself_can_be_written(seek: bool) -> None:
    fixture = Fixture(LARGE)
    fixture.object.output.put("key", fixture.object.open(seek=seek))
    assert fixture.output.below("output", "") == {"out/key": LARGE}


def write_csv(file: IO[bytes]) -> None:
    with io.TextIOWrapper(file, newline="") as text:
        csv.writer(text).writerow(["é", 1])


def write_gzip(file: IO[bytes]) -> None:
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=0, mtime=0) as compressed:
        compressed.write(LARGE)


def write_zip(file: IO[bytes]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a"), LARGE)


def write_parquet(file: IO[bytes]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table({"a": [1, 2]}), file)


@pytest.mark.parametrize("write", [write_csv, write_gzip, write_zip, write_parquet])
def test_an_opened_output_is_what_a_library_wrote(write: Callable[[IO[bytes]], None]) -> None:
    fixture, expected = Fixture(b""), KeptOpen()
    with fixture.object.output.open("key", content_type="text/csv", metadata={"a": "b"}) as file:
        write(file)
    write(expected)
    assert fixture.output.below("output", "") == {"out/key": expected.getvalue()}
    assert fixture.output.calls[0]["ContentType"] == "text/csv"


class KeptOpen(io.BytesIO):
    def close(self) -> None:
        """Its value is read after a library has closed it."""


def test_nothing_is_written_if_the_block_raises() -> None:
    def process(obj: SourceObject) -> None:
        with obj.output.open("key") as file:
            file.write(b"half")
            raise ValueError

    fixture = Fixture(b"")
    assert call_job(process, fixture.object).outcome["Outcome"] == "Failed"
    assert fixture.output.calls == []


def put_bytes(obj: SourceObject) -> None:
    obj.output.put("key", b"x")


def put_a_file(obj: SourceObject) -> None:
    obj.output.put("key", io.BytesIO(LARGE))


def open_and_write(obj: SourceObject) -> None:
    with obj.output.open("key") as file:
        file.write(b"x")


each_write = pytest.mark.parametrize("write", [put_bytes, put_a_file, open_and_write])


@each_write
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (refusal("NoSuchBucket", "It is gone", "PutObject"), "NoSuchBucket: It is gone (writing s3://output/out/key)"),
        (EndpointConnectionError(endpoint_url="https://s3"), "EndpointConnectionError: Could not connect"),
    ],
    ids=["refused", "no connection"],
)
def test_a_job_cannot_hide_a_failed_write(write: Callable[[SourceObject], Any], error: Any, cause: str) -> None:
    def careless(obj: SourceObject) -> dict[str, Any]:
        try:
            write(obj)
        except OutputFailed:
            return {"written": False}
        return {"written": True}

    fixture = Fixture(b"")
    fixture.output.refused_puts = error
    outcome = call_job(careless, fixture.object).outcome
    assert outcome["Outcome"] == "Failed"
    assert outcome["Error"] == "OutputFailed"
    assert outcome["Cause"].startswith(cause)


def test_a_failed_read_of_the_job_during_a_write_is_the_jobs() -> None:
    class Broken(io.RawIOBase):
        def read(self, _: int = -1, /) -> bytes:
            raise OSError("the job's own file")

    def process(obj: SourceObject) -> None:
        obj.output.put("key", Broken())  # type: ignore[arg-type] # it has what is called

    outcome = call_job(process, Fixture(b"").object).outcome
    assert outcome["Outcome"] == "Failed"
    assert (outcome["Error"], outcome["Cause"]) == ("ProcessorFailed", "OSError: the job's own file")


def test_a_failed_read_of_the_object_during_a_write_is_one_of_reading() -> None:
    fixture = Fixture(LARGE)
    fixture.s3.breaks["folder/file.txt"] = [0] * 99
    outcome = call_job(lambda obj: obj.output.put("key", obj.open()), fixture.object).outcome
    assert outcome["Outcome"] == "Failed"
    assert outcome["Error"] == "ReadFailed"


@each_write
def test_nothing_is_written_when_the_deadline_is_near(write: Callable[[SourceObject], Any]) -> None:
    fixture = Fixture(b"", out_of_time=lambda: True)
    with pytest.raises(OutOfTime):
        write(fixture.object)
    assert fixture.output.calls == []


def test_a_job_without_an_output_fails_with_the_setting_that_is_missing() -> None:
    fixture = Fixture(b"")
    fixture.object._output = None
    for use in (lambda: fixture.object.output, fixture.object.copy_to):
        with pytest.raises(RuntimeError, match=r"\[job\.output\]"):
            use()


@pytest.mark.parametrize("content", [b"small", LARGE[:700_000]], ids=["small", "large"])
def test_boto3_takes_the_streams_of_an_object_for_a_body(content: bytes) -> None:
    stand_in = StandIn()
    stand_in.stored("target")
    with in_thread(stand_in) as endpoint_url:
        client = s3_client(region="us-east-1", threads=2, endpoint_url=endpoint_url)
        with Fixture(content).object.open(seek=True) as stream:
            client.put_object(Bucket="target", Key="key", Body=stream)
    assert stand_in.stored("target").objects[b"key"] == content


def boto3_writes(content: bytes, answers: dict[str, dict[str, Any]], *, in_time_for: int = 100) -> list[dict[str, Any]]:
    """The requests by which boto3's own upload writes `content`. The deadline is near after `in_time_for` reads."""
    reads, requests = iter(range(101)), []

    def record(params: dict[str, Any], **_: Any) -> None:
        body = params.get("Body")
        requests.append({**params, "Body": body if body is None or isinstance(body, bytes) else body.read()})

    client = s3_client(region="us-east-1", threads=1)
    client.meta.events.register("before-parameter-build.s3", record)
    fixture = Fixture(b"", out_of_time=lambda: next(reads) >= in_time_for)
    fixture.object._output = replace(fixture.bucket, client=client)
    with Stubber(client) as stubber:
        for operation, answer in answers.items():
            stubber.add_response(operation.rstrip("12"), answer)
        call_job(lambda obj: obj.output.put("key", Trickle(content), content_type="text/csv"), fixture.object)  # type: ignore[arg-type] # it is read as a file
        stubber.assert_no_pending_responses()
    return requests


def test_a_large_file_is_uploaded_in_parts() -> None:
    answers: dict[str, dict[str, Any]] = {
        "create_multipart_upload": {"UploadId": "id"},
        "upload_part1": {"ETag": "1"},
        "upload_part2": {"ETag": "2"},
        "complete_multipart_upload": {},
    }
    create, *parts, complete = boto3_writes(LARGE, answers)
    assert all(request["ExpectedBucketOwner"] == TARGET for request in (create, *parts, complete))
    assert (create["Key"], create["ContentType"]) == ("out/key", "text/csv")
    assert b"".join(part["Body"] for part in parts) == LARGE
    assert len(complete["MultipartUpload"]["Parts"]) == 2


def test_an_upload_that_does_not_end_in_time_is_aborted() -> None:
    answers: dict[str, dict[str, Any]] = {"create_multipart_upload": {"UploadId": "id"}, "abort_multipart_upload": {}}
    *_, aborted = boto3_writes(LARGE, answers, in_time_for=4)
    assert aborted["UploadId"] == "id"
