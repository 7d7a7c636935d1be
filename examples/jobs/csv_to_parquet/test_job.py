"""The job on files of its own, without a cloud."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import job
import pyarrow as pa  # type: ignore[import-untyped] # pyarrow comes without types
import pyarrow.parquet as pq  # type: ignore[import-untyped] # the same
import pytest
from pyarrow import csv

from lambdas.job import Skip
from lambdas.job.local import local_object

SAMPLES = Path(__file__).parent / "samples"


def converted(file: Path, tmp_path: Path) -> tuple[dict[str, int], Any]:
    """The result, and the Parquet file that was written."""
    output = tmp_path / "output"
    result = job.process(local_object(file, key="in/a.csv", output=output))
    return result, pq.ParquetFile(output / "in" / "a.csv.parquet")


@pytest.mark.parametrize("sample", ["orders.csv", "sensors.csv"])
def test_every_row_is_read_back_as_it_was(sample: str, tmp_path: Path) -> None:
    result, parquet = converted(SAMPLES / sample, tmp_path)
    rows = csv.read_csv(SAMPLES / sample, parse_options=csv.ParseOptions(newlines_in_values=True))
    assert parquet.read().to_pylist() == rows.to_pylist()
    assert result["rows"] == parquet.metadata.num_rows
    assert result["bytes_in"] == (SAMPLES / sample).stat().st_size
    assert result["bytes_out"] == (tmp_path / "output/in/a.csv.parquet").stat().st_size


def test_a_large_file_becomes_several_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "ROW_GROUP_BYTES", 1024 * 1024)
    file = tmp_path / "large.csv"
    lines = "a line\nand " * 8  # a value may go on beyond the end of a block
    file.write_text("number,text\n" + "".join(f'{n},"{lines}"\n' for n in range(40_000)), encoding="utf-8")
    _, parquet = converted(file, tmp_path)
    assert parquet.num_row_groups > 1
    assert parquet.read().column("number").to_pylist() == list(range(40_000))
    assert set(parquet.read().column("text").to_pylist()) == {lines}


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row_groups, allocated = job._row_groups, []

    def watched(reader: Any) -> Iterator[Any]:
        for row_group in row_groups(reader):
            allocated.append(pa.total_allocated_bytes())
            yield row_group

    monkeypatch.setattr(job, "ROW_GROUP_BYTES", 1024 * 1024)
    monkeypatch.setattr(job, "_row_groups", watched)
    file = tmp_path / "large.csv"
    file.write_text("number,text\n" + f"1,{'x' * 90}\n" * 400_000, encoding="utf-8")
    before = pa.total_allocated_bytes()
    result, _ = converted(file, tmp_path)
    assert result["rows"] == 400_000
    assert max(allocated) - before < result["bytes_in"] / 2


def test_a_column_that_begins_empty_becomes_text(tmp_path: Path) -> None:
    file = tmp_path / "late.csv"
    rows = "".join(f"{n}{'x' * 90},\n" for n in range(20_000))
    file.write_text(f"text,late\n{rows}last,7\n", encoding="utf-8")
    _, parquet = converted(file, tmp_path)
    assert parquet.read().column("late")[-1].as_py() == "7"


def test_a_setting_gives_columns_their_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMN_TYPES", "zip=string, paid_at=date32")
    file = tmp_path / "zips.csv"
    file.write_text("zip,paid_at\n01067,2026-03-01\n", encoding="utf-8")
    _, parquet = converted(file, tmp_path)
    assert parquet.schema_arrow.types == [pa.string(), pa.date32()]
    assert parquet.read().column("zip").to_pylist() == ["01067"]


def test_a_value_that_does_not_fit_its_column_fails_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMN_TYPES", "number=int64")
    file = tmp_path / "wrong.csv"
    file.write_text("number\none\n", encoding="utf-8")
    with pytest.raises(pa.ArrowInvalid, match="invalid value 'one'"):
        converted(file, tmp_path)
    assert not list((tmp_path / "output").glob("**/*.parquet"))


@pytest.mark.parametrize(("name", "content", "reason"), [("a.txt", "a\n1\n", "not a .csv"), ("a.csv", "", "empty")])
def test_what_is_no_csv_is_skipped(name: str, content: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(Skip, match=f"^{reason}$"):
        job.process(local_object(tmp_path / name, output=tmp_path / "output"))
