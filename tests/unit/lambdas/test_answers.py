"""The worker reads S3's answers as botocore does, with less CPU."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ClientError
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from lambdas.process_objects.answers import Headers, read_time
from lambdas.process_objects.client import s3_client

ANSWER = {
    "Last-Modified": "Thu, 26 Nov 2026 08:00:01 GMT",
    "ETag": '"5d41402abc4b2a76b9719d911017c592"',
    "content-length": "5",
    "Content-Type": "text/csv",
    "CONTENT-RANGE": "bytes 0-4/5",
    "X-Amz-Meta-Author": "Zoë",
    "x-amz-meta-empty": "",
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-restore": 'ongoing-request="false", expiry-date="Fri, 21 Dec 2026 00:00:00 GMT"',
    "x-amz-object-lock-retain-until-date": "2027-01-01T00:00:00.000Z",
    "x-amz-tagging-count": "2",
    "x-amz-server-side-encryption-bucket-key-enabled": "true",
    "x-amz-request-id": "R",
    "x-amz-id-2": "I",
}
NOT_FOUND = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"


class Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def answered(client: Any, *, status: int = 200, headers: dict[str, str] = ANSWER, body: bytes = b"hello") -> Any:
    """The client, whose every request gets this answer."""
    client.meta.events.register(
        "before-send.s3",
        lambda **_: AWSResponse("http://s3", status, HeadersDict(headers), Raw(body)),  # type: ignore[arg-type] # as botocore does
    )
    return client


@pytest.fixture
def clients() -> tuple[Any, Any]:
    """The worker's, and one of plain boto3."""
    return s3_client(region="us-east-1", threads=1), boto3.client("s3", region_name="us-east-1")


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_an_answer_has_the_same_fields_as_plain_boto3s(clients: tuple[Any, Any], operation: str) -> None:
    answers, body = [], b"hello" if operation == "get_object" else b""
    for client in clients:
        answer = getattr(answered(client, body=body), operation)(Bucket="b", Key="k")
        answers.append({**answer, "Metadata": {name.lower(): value for name, value in answer["Metadata"].items()}})
        if body:
            assert answers[-1].pop("Body").read() == body
    assert answers[0] == answers[1]
    assert answers[0]["Metadata"] == {"author": "Zoë", "empty": ""}
    assert answers[0]["LastModified"] == datetime(2026, 11, 26, 8, 0, 1, tzinfo=UTC)


def test_an_error_has_the_same_fields_as_plain_boto3s(clients: tuple[Any, Any]) -> None:
    errors = []
    for client in clients:
        with pytest.raises(ClientError) as raised:
            answered(client, status=404, headers={"x-amz-request-id": "R"}, body=NOT_FOUND).get_object(
                Bucket="b", Key="k"
            )
        errors.append((type(raised.value).__name__, raised.value.response))
    assert errors[0] == errors[1]


names = st.text("aBcD-1", min_size=1, max_size=6)


@given(st.dictionaries(names, st.text(max_size=3), max_size=5), names)
def test_headers_are_found_whatever_the_case_of_their_names(headers: dict[str, str], name: str) -> None:
    found, plain = Headers(headers.items()), HeadersDict(headers)
    assert (name in found, found.get(name), found.get(name, "-")) == (
        name in plain,
        plain.get(name),
        plain.get(name, "-"),
    )
    for present in headers:
        assert found[present] == plain[present]
        assert present.swapcase() in found


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 # hypothesis adds it
def test_times_are_read_as_botocore_reads_them(time: datetime) -> None:
    seconds = time.replace(microsecond=0)
    for text in (format_datetime(seconds, usegmt=True), seconds.isoformat(), str(int(seconds.timestamp()))):
        assert read_time(text) == parse_timestamp(text) == seconds
    assert read_time(seconds.timestamp()) == seconds
