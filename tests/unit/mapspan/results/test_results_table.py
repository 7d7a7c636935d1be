"""The table of a run has every key once, with the ledger's outcome, in each format."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped] # pyarrow comes without types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lambdas.summarize_run import records
from lambdas.summarize_run.ledger import Ledger
from mapspan.checkout import CommandError
from mapspan.results import result_columns
from mapspan.results.export_progress import ExportProgress
from mapspan.results.finished_run import FinishedRun
from mapspan.results.results_table import ResultsTable, write_table
from mapspan.results.run_results import Recorded
from mapspan.results.table_file import FORMATS, check_table_file
from modules.pipeline.workflow.names import INVENTORY
from tests.fixtures.batch_failures import batch_failure_cause
from tests.fixtures.batch_records import STARTED, STOPPED, written_batch, written_batches
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.finished_runs import RunsBucket, child, failed, finished_run, map_run, skipped, succeeded
from tests.fixtures.nasty_keys import NASTY_KEYS, keys

Rows = list[dict[str, Any]]
formats = pytest.mark.parametrize("suffix", FORMATS)
BATCH: Any = written_batch([succeeded("a")], FakeS3())
TIMES = {"StartDate": "2026-11-21T02:01:00.000Z", "StopDate": "2026-11-21T02:02:00.000Z"}


def export(
    bucket: RunsBucket, path: Path, run: FinishedRun | None = None, *, only_failed: bool = False
) -> ResultsTable:
    with ExportProgress(Console(file=io.StringIO())) as progress:
        return write_table(bucket.files(run or finished_run()), path, progress, items=0, only_failed=only_failed)


def read(path: Path) -> Rows:
    """The rows of a table; in CSV every value is a text, and a missing one is empty."""
    match path.suffix:
        case ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                return [{name: unguarded(text) for name, text in row.items()} for row in csv.DictReader(file)]
        case ".jsonl":
            return [json.loads(line) for line in path.read_bytes().splitlines()]
        case _:
            rows: Rows = pq.read_table(path).to_pylist()
            return rows


def unguarded(text: str) -> str:
    """As docs/results.md says how to get a text back."""
    return re.sub("^'('*[=+\\-@\t\r\n＝＋－＠])", r"\1", text)  # noqa: RUF001 - the signs that spreadsheets take too


def counts(rows: Rows) -> dict[str, int]:
    return dict(Counter(row["outcome"] for row in rows))


def of_ledger(ledger: Ledger) -> dict[str, int]:
    return {
        outcome: keys
        for outcome, keys in (
            ("succeeded", ledger["succeeded"]),
            ("skipped", ledger["skipped"]),
            ("failed", ledger["failed"]),
            ("pending", ledger["pending"]),
        )
        if keys
    }


@pytest.fixture
def bucket() -> RunsBucket:
    """A run with every kind of record, and two keys that no result file has."""
    bucket = RunsBucket()
    bucket.list_keys(list("abcdefghij"))
    pending = {"Key": "c", "Outcome": "Pending", "Cause": "late"}
    bucket.write("SUCCEEDED", [succeeded("a", 7), failed("b", "no price"), skipped("i"), pending])
    cause = batch_failure_cause([("d", "AccessDenied", "no"), ("e", "ObjectNotFound", "gone")])
    bucket.write("FAILED", [child(["d", "e"], Name="child-1", Error="BatchFailed", Cause=cause, **TIMES)])
    bucket.write("FAILED", [child(["f"], Name="child-2", Status="ABORTED")])
    bucket.write("PENDING", [child(["g"], Name="child-3")])
    return bucket


@formats
def test_a_table_has_every_key_once_with_the_outcome_of_the_ledger(
    bucket: RunsBucket, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"night{suffix}"
    table = export(bucket, path)
    rows = read(path)
    assert sorted(row["key"] for row in rows) == list("abcdefghij")
    assert counts(rows) == of_ledger(table.results.ledger) == {"succeeded": 1, "skipped": 1, "failed": 4, "pending": 4}
    assert table.rows == 10
    assert all(list(row) == table.columns for row in rows)
    assert list(tmp_path.iterdir()) == [path]


@formats
def test_a_row_says_why_and_by_which_child(bucket: RunsBucket, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"night{suffix}"
    export(bucket, path)
    rows = {row["key"]: {name: value for name, value in row.items() if value} for row in read(path)}
    result: dict[str, Any] = {"result": {"size": 7}} if suffix == ".jsonl" else {"result.size": 7}
    if suffix == ".csv":
        result = {"result.size": "7"}
    batch = {"child": "child-0", "child_started": STARTED, "child_stopped": STOPPED}
    assert rows["a"] == {"key": "a", "outcome": "succeeded", **result, **batch}
    assert rows["b"] == {
        "key": "b",
        "outcome": "failed",
        "error": "ProcessorFailed",
        "cause": "no price",
        "request_id": "request-1",
        **batch,
    }
    assert rows["c"] == {"key": "c", "outcome": "pending", "cause": "late", **batch}
    times = {"child_started": TIMES["StartDate"], "child_stopped": TIMES["StopDate"]}
    assert rows["d"].items() >= {"error": "AccessDenied", "cause": "no", "child": "child-1", **times}.items()
    assert rows["e"].items() >= {"error": "ObjectNotFound", "cause": "gone", "child": "child-1"}.items()
    assert rows["f"] == {"key": "f", "outcome": "failed", "error": "ABORTED", "child": "child-2"}
    assert rows["g"] == {"key": "g", "outcome": "pending", "child": "child-3"}
    assert rows["h"] == {"key": "h", "outcome": "pending"}
    assert rows["i"] == {"key": "i", "outcome": "skipped", "reason": "not a CSV", **batch}


@formats
def test_the_failed_keys_alone(bucket: RunsBucket, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"failed{suffix}"
    table = export(bucket, path, only_failed=True)
    assert sorted(row["key"] for row in read(path)) == list("bdef")
    assert table.rows == table.results.ledger["failed"] == 4


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["=1+1", "'=1", "''-x", "@a", "\ta", "\r\n", ";=1", 'a","b', "", "\x00"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
results_of_jobs = st.dictionaries(st.sampled_from(["size", "Größe", "a.b", "", "=x", "result"]) | texts, values)


@formats
@given(st.dictionaries(keys, results_of_jobs | texts, min_size=1, max_size=5))
def test_keys_causes_and_results_are_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, given_rows: dict[str, Any]
) -> None:
    """A dictionary is the result of a key, a text the cause of its failure."""
    bucket = RunsBucket()
    bucket.list_keys(list(given_rows))
    outcomes = [
        failed(key, given) if isinstance(given, str) else {"Key": key, "Outcome": "Succeeded", "Result": given}
        for key, given in given_rows.items()
    ]
    bucket.write("SUCCEEDED", outcomes)
    path = tmp_path_factory.mktemp("table") / f"night{suffix}"
    export(bucket, path)
    rows = {row["key"]: row for row in read(path)}
    assert rows.keys() == given_rows.keys()
    for key, expected in given_rows.items():
        if isinstance(expected, str):
            assert rows[key]["cause"] == expected
        elif suffix == ".jsonl":
            assert rows[key]["result"] == expected
        else:
            for field, value in expected.items():
                assert same(rows[key][f"result.{field}"], value), (field, value)


def same(cell: Any, value: Any) -> bool:
    """Whether a cell holds a value: as itself, as its text, or as JSON."""
    if value is None:
        return cell in (None, "")
    if isinstance(cell, str) and cell != value:
        return bool(json.loads(cell) == value)
    return bool(cell == value)


def test_a_text_never_becomes_a_formula_of_a_spreadsheet(tmp_path: Path) -> None:
    bucket = RunsBucket()
    dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "'=1"]
    bucket.list_keys(dangerous)
    bucket.write("SUCCEEDED", [failed(key, cause=key, error=key) for key in dangerous])
    path = tmp_path / "night.csv"
    export(bucket, path)
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\uff1d")] == []
    # A spreadsheet that splits at semicolons finds no cell inside of a text either: all texts are in quotes.
    assert '"\'=1+1","failed"' in path.read_text(encoding="utf-8")


def test_a_negative_number_stays_a_number(tmp_path: Path) -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a"])
    bucket.write("SUCCEEDED", [succeeded("a", -5)])
    export(bucket, tmp_path / "night.csv")
    assert (tmp_path / "night.csv").read_text(encoding="utf-8").splitlines()[1].endswith(",-5")


def test_a_column_has_the_type_that_holds_all_its_values(tmp_path: Path) -> None:
    results: list[dict[str, Any]] = [
        {"n": 1, "x": 1, "flag": True, "mixed": 1, "big": 1, "precise": 2**53 + 1, "list": [1]},
        {"n": 2**60, "x": 0.5, "flag": None, "mixed": "1", "big": 2**70, "precise": 0.5},
    ]
    bucket = RunsBucket()
    bucket.list_keys(["a", "b"])
    bucket.write(
        "SUCCEEDED",
        [{"Key": key, "Outcome": "Succeeded", "Result": result} for key, result in zip("ab", results, strict=True)],
    )
    path = tmp_path / "night.parquet"
    export(bucket, path)
    schema = pq.read_schema(path)
    types = {name: str(schema.field(f"result.{name}").type) for name in results[0]}
    assert types == {
        "n": "int64",
        "x": "double",
        "flag": "bool",
        "mixed": "string",
        "big": "string",
        "precise": "string",
        "list": "string",
    }
    assert [row["result.mixed"] for row in read(path)] == ["1", '"1"'], "JSON, so that 1 and its text differ"


def test_too_many_fields_share_a_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_columns, "MAX_COLUMNS", 2)
    bucket = RunsBucket()
    bucket.list_keys(["a"])
    bucket.write("SUCCEEDED", [{"Key": "a", "Outcome": "Succeeded", "Result": {"x": 1, "y": 2, "z": 3, "w" * 200: 4}}])
    export(bucket, tmp_path / "night.parquet")
    (row,) = read(tmp_path / "night.parquet")
    assert (row["result.x"], row["result.y"]) == (1, 2)
    assert json.loads(row["result"]) == {"z": 3, "w" * 200: 4}


@formats
def test_a_cause_that_was_cut_inside_of_a_character_can_be_written(tmp_path: Path, suffix: str) -> None:
    bucket = RunsBucket()
    bucket.list_keys(["a"])
    bucket.write("FAILED", [child(["a"], Error="Boom", Cause="\ud83d")])
    export(bucket, tmp_path / f"night{suffix}")
    assert read(tmp_path / f"night{suffix}")[0]["cause"] == "\\ud83d"


def test_a_run_without_results_has_every_key_pending(tmp_path: Path) -> None:
    bucket = RunsBucket()
    bucket.list_keys(NASTY_KEYS)
    export(bucket, tmp_path / "night.jsonl", finished_run(status="ABORTED"))
    rows = read(tmp_path / "night.jsonl")
    assert sorted(row["key"] for row in rows) == sorted(NASTY_KEYS)
    assert {row["outcome"] for row in rows} == {"pending"}


def test_keys_without_a_name_have_no_row(tmp_path: Path) -> None:
    bucket = RunsBucket()
    bucket.write("SUCCEEDED", [succeeded("a")])
    run = finished_run(INVENTORY, status="ABORTED", map_run=map_run(status="ABORTED", items=7))
    table = export(bucket, tmp_path / "night.csv", run)
    assert (table.rows, table.results.nameless) == (1, 6)


@formats
@pytest.mark.parametrize("fails_at", ["the second record", "the rename"])
def test_an_export_that_fails_leaves_no_file(
    bucket: RunsBucket, tmp_path: Path, suffix: str, fails_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"night{suffix}"
    if fails_at == "the rename":
        monkeypatch.setattr(Path, "rename", raising(OSError(28, "No space left on device")))
    else:
        files = bucket.files(finished_run())
        broken = [Recorded(succeeded("a"), "SUCCEEDED", BATCH), Recorded({}, "SUCCEEDED", BATCH)]
        monkeypatch.setattr(type(files), "records", lambda *_, **__: iter(broken))
    with pytest.raises((CommandError, KeyError)):
        export(bucket, path)
    assert list(tmp_path.iterdir()) == []


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_table_that_differs_from_the_ledger_is_not_kept(
    bucket: RunsBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = bucket.files(finished_run())
    one = [Recorded(succeeded("a"), "SUCCEEDED", BATCH)]
    monkeypatch.setattr(type(files), "records", lambda *_, **__: iter(one))
    with pytest.raises(CommandError, match="0 skipped keys instead of 1, 0 failed keys instead of 4"):
        export(bucket, tmp_path / "night.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_become_a_table_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.csv").touch()
    with pytest.raises(CommandError, match=r"night\.txt must end with \.csv, \.jsonl or \.parquet"):
        check_table_file(tmp_path / "night.txt")
    with pytest.raises(CommandError, match=r"there\.csv exists: name another file"):
        check_table_file(tmp_path / "there.csv")
    with pytest.raises(CommandError, match="missing is not a directory"):
        check_table_file(tmp_path / "missing" / "night.csv")
    check_table_file(tmp_path / "night.parquet")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(CommandError, match=r"pip install --editable '\.\[parquet\]'"):
        check_table_file(tmp_path / "night.parquet")
    check_table_file(tmp_path / "night.csv")


def test_a_file_that_appears_during_the_export_is_kept(
    bucket: RunsBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "night.csv"
    monkeypatch.setattr("mapspan.results.results_table._check", lambda *_: path.write_text("another's"))
    with pytest.raises(CommandError, match="exists"):
        export(bucket, path)
    assert path.read_text() == "another's"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_gets_plain_lines_of_progress() -> None:
    console = Console(file=io.StringIO(), force_terminal=False, width=40)
    with ExportProgress(console, line_seconds=0) as progress:
        progress.begin("writing a-file-with-quite-a-long-name.csv", 4_000)
        for keys_done in range(1, 4_001):
            progress.look(keys_done)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "writing a-file-with-quite-a-long-name.csv: 2,000 of 4,000 keys",
        "writing a-file-with-quite-a-long-name.csv: 4,000 of 4,000 keys",
    ]


@formats
@pytest.mark.parametrize("batch_keys", [20, 100_000])
def test_a_table_takes_no_more_memory_for_more_keys(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch, batch_keys: int
) -> None:
    monkeypatch.setattr(records, "CHUNK_BYTES", 10_000)
    monkeypatch.setattr("mapspan.results.parquet_table.GROUP_ROWS", 200)

    def peak(count: int) -> int:
        bucket = RunsBucket()
        names = [f"k/{number:06}" for number in range(count)]
        bucket.leave("key-lists/night/listed/part-000-00000.jsonl", [{"Key": name} for name in names])
        bucket.forget_calls()
        # The record of one large batch would have more keys to retry with each key that fails.
        outcomes = outcomes_of(names) if batch_keys < 100 else [succeeded(name) for name in names]
        bucket.write_records("SUCCEEDED", written_batches(outcomes, bucket.s3, keys=batch_keys))
        tracemalloc.start()
        export(bucket, tmp_path / f"{count}{suffix}")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # loads what is loaded once
    # Threads read a few batches ahead, more or fewer of them. 3,000 rows in memory would be 2 MB.
    assert peak(4_000) < peak(1_000) + 400_000


def outcomes_of(names: Iterable[str]) -> list[dict[str, Any]]:
    return [failed(name) if name.endswith("7") else succeeded(name) for name in names]
