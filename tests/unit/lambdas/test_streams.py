"""The streams of an object: libraries read from them, and a broken connection costs only what it must."""

from __future__ import annotations

import csv
import gzip
import io
import random
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import FlexibleChecksumError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.job.failures import ReadFailed
from lambdas.job.ranged_stream import READ_AHEAD_BYTES
from lambdas.job.stream import TRIES
from tests.fixtures.fake_s3 import Body, FakeS3
from tests.unit.lambdas.objects import Fixture

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "folder/file.txt"
LARGE = random.Random(1).randbytes(5_000_000)  # noqa: S311 # the same bytes in every run
both_ways = pytest.mark.parametrize("seek", [False, True])


def compressed() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("big.bin", LARGE)
        for number in range(300):
            archive.writestr(f"{number}.txt", f"{number}")
    return written.getvalue()


ZIP = compressed()


@both_ways
def test_csv_reads_through_a_text_wrapper(seek: bool) -> None:
    rows = [[f"{number}", "é,\n"] for number in range(20_000)]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    stream = Fixture(text.getvalue().encode()).object.open(seek=seek)
    assert list(csv.reader(io.TextIOWrapper(stream, "utf-8", newline=""))) == rows


@both_ways
def test_gzip_reads_it(seek: bool) -> None:
    with gzip.open(Fixture(gzip.compress(LARGE, 1)).object.open(seek=seek)) as stream:
        assert stream.read() == LARGE


@both_ways
def test_it_is_copied_in_chunks_of_any_size(seek: bool) -> None:
    for size in (1000, 65536, 300_000):
        copied = io.BytesIO()
        shutil.copyfileobj(Fixture(LARGE[:700_000]).object.open(seek=seek), copied, size)
        assert copied.getvalue() == LARGE[:700_000]


def as_listed(content: bytes) -> dict[str, str | int]:
    return {"ETag": FakeS3.etag(content), "Size": len(content)}


@pytest.mark.parametrize("listed", [{}, as_listed(ZIP)], ids=["size unknown", "size listed"])
def test_a_zip_directory_costs_one_request_and_a_member_another(listed: dict[str, str | int]) -> None:
    fixture = Fixture(ZIP, listed=listed)
    with zipfile.ZipFile(fixture.object.open(seek=True)) as archive:
        assert len(archive.namelist()) == 301
        assert len(fixture.s3.calls) == 1
        assert archive.read("299.txt") == b"299"
    assert len(fixture.s3.calls) == 1
    with zipfile.ZipFile(fixture.object.open(seek=True)) as archive:
        assert archive.read("big.bin") == LARGE


def test_a_parquet_file_is_read_by_columns() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = 200_000
    table = pyarrow.table({"a": range(rows), "b": [str(number) for number in range(rows)]})
    written = io.BytesIO()
    parquet.write_table(table, written)
    fixture = Fixture(written.getvalue())
    file = parquet.ParquetFile(fixture.object.open(seek=True))
    assert file.metadata.num_rows == rows
    assert len(fixture.s3.calls) == 1
    assert file.read(["a"]).column("a").to_pylist()[-1] == rows - 1
    assert len(fixture.s3.calls) <= 4
    assert parquet.read_table(fixture.object.open(seek=True)).equals(table)


def test_a_large_read_is_one_request() -> None:
    fixture = Fixture(LARGE, listed=as_listed(LARGE))
    stream = fixture.object.open(seek=True)
    stream.seek(1000)
    assert stream.read(3_000_001) == LARGE[1000:3_001_001]
    assert len(fixture.s3.calls) == 1
    assert fixture.s3.bytes_answered < 3_000_001 + READ_AHEAD_BYTES


def test_reading_on_takes_larger_and_larger_ranges() -> None:
    fixture = Fixture(LARGE)
    stream = fixture.object.open(seek=True)
    assert b"".join(iter(lambda: stream.read(10_000), b"")) == LARGE
    assert len(fixture.s3.calls) < 8


@given(st.integers(0, 3000), st.lists(st.tuples(st.integers(0, 2), st.integers(-3000, 3000), st.integers(0, 3000))))
def test_a_seekable_stream_reads_what_a_file_reads(size: int, steps: list[tuple[int, int, int]]) -> None:
    content = LARGE[:size]
    file, stream = io.BytesIO(content), Fixture(content).object.open(seek=True)
    for whence, offset, length in steps:
        target = offset + (0, file.tell(), size)[whence]
        if target >= 0:
            assert stream.seek(offset, whence) == file.seek(target)
        assert stream.read(length) == file.read(length)
        assert stream.tell() == file.tell()


def test_a_stream_that_cannot_seek_says_so() -> None:
    stream = Fixture(LARGE).object.open()
    assert not stream.seekable()
    with pytest.raises(io.UnsupportedOperation):
        stream.seek(0)


@both_ways
def test_reading_nothing_is_not_the_end(seek: bool) -> None:
    stream = Fixture(LARGE[:1000]).object.open(seek=seek).raw
    assert (stream.read(0), stream.read(2), stream.read(0)) == (b"", LARGE[:2], b"")
    assert stream.read() == LARGE[2:1000]


@both_ways
def test_a_broken_read_continues_where_it_broke_off(seek: bool) -> None:
    fixture = Fixture(LARGE)
    fixture.s3.breaks[KEY] = [3, 0, 1000, 0, 0, 200_000]
    assert fixture.object.open(seek=seek).read() == LARGE
    assert fixture.s3.breaks[KEY] == []
    if not seek:
        starts = [call.get("Range") for call in fixture.s3.calls]
        assert starts == [None, "bytes=3-", "bytes=3-", *["bytes=1003-"] * 3, "bytes=201003-"]
    assert len({call.get("IfMatch") for call in fixture.s3.calls[1:]} - {None}) == 1


READS: list[Callable[[Fixture], bytes]] = [
    lambda fixture: fixture.object.open().read(),
    lambda fixture: fixture.object.open(seek=True).read(),
    lambda fixture: fixture.object.read(),
    lambda fixture: fixture.object.tail(100),
]


@pytest.mark.parametrize("read", READS)
def test_reading_ends_after_three_breaks_without_progress(read: Callable[[Fixture], bytes]) -> None:
    fixture = Fixture(b"x" * 1000)
    fixture.s3.breaks[KEY] = [0] * 99
    with pytest.raises(ReadFailed):
        read(fixture)
    assert len(fixture.s3.calls) == TRIES


def test_a_broken_read_does_not_continue_with_another_object() -> None:
    fixture = Fixture(LARGE)
    stream = fixture.object.open()
    fixture.s3.breaks[KEY] = [300_000]
    assert stream.read(100_000) == LARGE[:100_000]
    fixture.s3.objects["source", KEY] = b"y" * len(LARGE)
    with pytest.raises(ReadFailed) as raised:
        stream.read()
    assert raised.value.error == "ObjectChanged"


@both_ways
def test_bytes_whose_checksum_is_wrong_are_never_the_object(seek: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def corrupt(self: Body, size: int | None = -1) -> bytes:
        if chunk := io.BytesIO.read(self, 1000 if size is None else min(size, 1000)):
            return chunk
        raise FlexibleChecksumError(error_msg="Expected checksum a did not match calculated checksum: b")

    monkeypatch.setattr(Body, "read", corrupt)
    with pytest.raises(ReadFailed, match="checksum"):
        Fixture(LARGE[:10_000]).object.open(seek=seek).read()
