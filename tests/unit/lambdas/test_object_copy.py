"""Copies to the output: complete, of one version, and continued by the next try."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.job.bucket import LARGEST_COPY_BYTES, MIB
from lambdas.job.copy_parts import parts_of
from lambdas.job.failures import ObjectFailure, OutOfTime
from tests.fixtures.fake_s3 import MODIFIED, FakeS3, refusal
from tests.unit.lambdas.objects import TARGET, Fixture

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "folder/file.txt"
CONTENT = random.Random(3).randbytes(10_000)  # noqa: S311 # the same bytes in every run
PROPERTIES = {"Metadata": {"owner": "me"}, "ContentType": "text/csv", "CacheControl": "no-store"}


def fixture(*, large: bool, content: bytes = CONTENT, copies_tags: bool = False, **options: Any) -> Fixture:
    """A `large` object is one above the largest that S3 copies at once."""
    made = Fixture(content, **options)
    made.s3.properties[KEY] = dict(PROPERTIES)
    made.s3.tags[KEY] = {"team": "a&b"}
    bucket = replace(made.bucket, threads=4, copies_tags=copies_tags, part_bytes=1000)
    made.object._output = replace(bucket, largest_copy_bytes=5000 if large else LARGEST_COPY_BYTES)
    return made


def again(first: Fixture, **options: Any) -> Fixture:
    """The next try, by another process, on the same buckets."""
    made = fixture(large=True, **options)
    made.s3.objects, made.s3.modified = first.s3.objects, first.s3.modified
    made.output.objects, made.output.uploads = first.output.objects, first.output.uploads
    return made


def in_time_for(parts: int) -> Callable[[Fixture], None]:
    """Makes the deadline come near after this many parts."""

    def set_deadline(made: Fixture) -> None:
        started: list[int] = []
        made.output.before_part = started.append
        made.attempt.out_of_time = lambda: len(started) >= parts
        # One after the other, so that the parts are counted exactly.
        made.object._output = replace(made.object._output, threads=1)  # type: ignore[type-var] # it has an output

    return set_deadline


small_and_large = pytest.mark.parametrize("large", [False, True], ids=["at once", "in parts"])


@small_and_large
def test_the_copy_has_the_objects_content_and_metadata(large: bool) -> None:
    made = fixture(large=large)
    made.object.copy_to()
    made.object.copy_to("elsewhere")
    for key in (f"out/{KEY}", "out/elsewhere"):
        assert made.output.objects["output", key] == CONTENT
        assert made.output.properties[key].items() >= PROPERTIES.items()
    assert made.output.uploads == []


@small_and_large
@pytest.mark.parametrize("copies_tags", [False, True])
def test_tags_are_copied_only_if_the_role_may_read_them(large: bool, copies_tags: bool) -> None:
    made = fixture(large=large, copies_tags=copies_tags)
    made.object.copy_to()
    assert made.output.tags.get(f"out/{KEY}", {}) == ({"team": "a&b"} if copies_tags else {})
    assert copies_tags or "GetObjectTagging" not in made.s3.operations


@small_and_large
def test_each_request_of_a_copy_names_both_owners(large: bool) -> None:
    made = fixture(large=large)
    made.object.copy_to()
    assert all(call["ExpectedBucketOwner"] == TARGET for call in made.output.calls)
    copies = [call for call in made.output.calls if "CopySource" in call]
    assert copies
    assert all(call["ExpectedSourceBucketOwner"] == made.s3.owner for call in copies)


@small_and_large
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("PreconditionFailed", "ObjectChanged"),
        ("NoSuchKey", "ObjectNotFound"),
        ("InvalidObjectState", "ObjectArchived"),
    ],
)
def test_a_source_that_is_not_as_listed_is_named(large: bool, code: str, error: str) -> None:
    listed = {"Size": len(CONTENT), "ETag": FakeS3.etag(CONTENT)}
    made = fixture(large=large, listed=listed)
    made.output.refused["UploadPartCopy" if large else "CopyObject"] = refusal(code)
    with pytest.raises(ObjectFailure) as raised:
        made.object.copy_to()
    assert raised.value.error == error
    assert made.attempt.failure is raised.value


@pytest.mark.parametrize(
    "operation",
    ["CopyObject", "ListMultipartUploads", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"],
)
def test_a_refused_copy_is_an_output_that_failed_with_s3s_code(operation: str) -> None:
    made = fixture(large=operation != "CopyObject")
    made.output.refused[operation] = refusal("AccessDenied", "Access Denied")
    with pytest.raises(ObjectFailure, match=r"AccessDenied: Access Denied \(copying s3://source/") as raised:
        made.object.copy_to()
    assert raised.value.error == "OutputFailed"
    assert made.attempt.failure is raised.value


def test_the_next_try_copies_only_the_parts_that_are_missing() -> None:
    first = fixture(large=True)
    in_time_for(3)(first)
    with pytest.raises(OutOfTime, match=r"[23] of \d+ parts done"):
        first.object.copy_to()
    second = again(first)
    second.object.copy_to()
    parts = second.output.operations.count("UploadPartCopy")
    assert second.output.objects["output", f"out/{KEY}"] == CONTENT
    assert 0 < parts < len(CONTENT) // 1000 - 2
    assert "CreateMultipartUpload" not in second.output.operations
    assert second.output.uploads == []


def test_a_copy_that_ended_without_an_answer_is_continued_too() -> None:
    first = fixture(large=True)

    def die(number: int) -> None:
        if number == 4:
            raise KeyboardInterrupt

    first.output.before_part = die
    with pytest.raises(KeyboardInterrupt):
        first.object.copy_to()
    second = again(first)
    second.object.copy_to()
    assert second.output.objects["output", f"out/{KEY}"] == CONTENT
    assert "CreateMultipartUpload" not in second.output.operations


@pytest.mark.parametrize(
    "modified", [MODIFIED, MODIFIED + timedelta(days=1)], ids=["modified before", "modified after"]
)
def test_parts_of_an_older_version_are_never_continued(modified: Any) -> None:
    first = fixture(large=True)
    in_time_for(3)(first)
    with pytest.raises(OutOfTime):
        first.object.copy_to()
    newer = CONTENT[::-1]
    first.s3.objects["source", KEY] = newer
    first.s3.modified[KEY] = modified
    second = again(first, content=newer)
    second.object.copy_to()
    assert second.output.objects["output", f"out/{KEY}"] == newer
    assert second.output.aborted == ["upload-0"]
    assert second.output.uploads == []


def test_an_upload_of_the_same_layout_is_not_continued_if_the_object_was_modified_since() -> None:
    made = fixture(large=True)
    parts = parts_of(len(CONTENT), least_bytes=1000, identity=f'source\n{KEY}\n"{FakeS3.etag(CONTENT)}"')
    upload = made.output.upload(f"out/{KEY}", initiated=MODIFIED)
    upload.parts = {part.number: b"?" * part.size for part in parts}
    made.object.copy_to()
    assert made.output.objects["output", f"out/{KEY}"] == CONTENT


@pytest.mark.parametrize(
    "parts",
    [{}, {1: CONTENT[:1000]}, {1: CONTENT}, {99: b"x"}],
    ids=["no part", "a small part", "one part", "a late part"],
)
def test_another_programs_upload_is_neither_continued_nor_aborted(parts: dict[int, bytes]) -> None:
    made = fixture(large=True)
    upload = made.output.upload(f"out/{KEY}", initiator="somebody", parts=parts)
    longer = made.output.upload(f"out/{KEY}.old", parts={1: b"x"})
    made.object.copy_to()
    assert made.output.objects["output", f"out/{KEY}"] == CONTENT
    assert made.output.uploads == [upload, longer]
    assert "AbortMultipartUpload" not in made.output.operations


def test_of_two_uploads_the_fuller_one_is_continued_and_the_other_aborted() -> None:
    first = fixture(large=True)
    for parts in (4, 1):
        made = again(first)
        made.output.uploads = []
        in_time_for(parts)(made)
        with pytest.raises(OutOfTime):
            made.object.copy_to()
        for upload in made.output.uploads:
            first.output.upload(upload.key, parts=upload.parts)
    last = again(first)
    last.object.copy_to()
    assert last.output.objects["output", f"out/{KEY}"] == CONTENT
    assert last.output.aborted == ["upload-1"]
    assert last.output.uploads == []


def test_a_key_that_xml_cannot_hold_is_found_again() -> None:
    key = "a b+c%2B\x01\né"
    made = Fixture(CONTENT, key=key)
    bucket = replace(made.bucket, largest_copy_bytes=5000, part_bytes=1000)
    made.object._output = bucket
    parts = parts_of(len(CONTENT), least_bytes=1000, identity=f'source\n{key}\n"{FakeS3.etag(CONTENT)}"')
    made.output.upload(f"out/{key}", parts={part.number: CONTENT[part.start : part.stop] for part in parts[:2]})
    made.object.copy_to()
    assert made.output.objects["output", f"out/{key}"] == CONTENT
    assert made.output.operations.count("UploadPartCopy") == len(parts) - 2


def test_s3_compares_the_whole_copy_with_the_source_objects_checksum() -> None:
    made = fixture(large=True)
    made.s3.properties[KEY]["ChecksumCRC64NVME"] = "wrong"
    with pytest.raises(ObjectFailure, match="BadDigest"):
        made.object.copy_to()


def test_no_more_parts_are_copied_at_once_than_the_worker_has_threads() -> None:
    made = fixture(large=True)
    assert made.object._output is not None
    assert made.object._output.part_threads._max_workers == 4


@given(st.integers(1, 60_000 * 1024 * MIB), st.text(max_size=5), st.sampled_from([5 * MIB, 256 * MIB]))
def test_the_parts_cover_the_object_within_s3s_limits(size: int, identity: str, least_bytes: int) -> None:
    parts = parts_of(min(size, 50_000 * 10**9), least_bytes=least_bytes, identity=identity)
    assert 1 <= len(parts) <= 10_000
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert parts[0].start == 0
    assert all(part.stop == following.start for part, following in itertools.pairwise(parts))
    assert parts[-1].stop == min(size, 50_000 * 10**9)
    assert all(5 * MIB <= part.size <= LARGEST_COPY_BYTES for part in parts[:-1])


def test_parts_of_two_objects_differ_in_size() -> None:
    sizes = {parts_of(10**11, least_bytes=256 * MIB, identity=f"{number}")[0].size for number in range(1000)}
    assert len(sizes) > 990
