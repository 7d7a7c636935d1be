"""`python -m benchmarks.results_table SUFFIX KEYS`: a table of a run whose files lie on disk, and what it costs.

One key in a hundred failed, one in a hundred is in no result file, and all others have three fields. The rows are
read back in the process that started the measured one, and compared with what the run had.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
from rich.console import Console

from benchmarks.measuring import Stopwatch, peak_memory_mib
from mapspan.results.export_progress import ExportProgress
from mapspan.results.finished_run import FinishedRun
from mapspan.results.map_run_summary import MapRunSummary
from mapspan.results.results_table import write_table
from mapspan.results.run_definition import RunDefinition
from mapspan.results.run_results import ResultFiles
from modules.pipeline.workflow.names import LISTING
from tests.fixtures.batch_records import written_batch

_STARTED = datetime(2026, 11, 21, tzinfo=UTC)
_OWNER = "111111111111"
_LIST = "key-lists/night/listed/part-000-00000.jsonl"
_RECORDS = "map-runs/night/uuid/SUCCEEDED_0.jsonl"
_BATCH = 100


class _Directory:
    """The calls of an S3 client that an export makes, for the files below a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get_object(self, *, Key: str, **_: Any) -> dict[str, BinaryIO]:  # noqa: N803 # as boto3 spells it
        return {"Body": (self._directory / Key).open("rb")}

    @property
    def client(self) -> _Directory:
        return self

    @property
    def owner(self) -> str:
        return _OWNER

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, str]:  # noqa: N803 # likewise
        file = self._directory / Key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(Body)
        return {}

    def get_paginator(self, _: str) -> _Directory:
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> Iterator[dict[str, Any]]:  # noqa: N803 # likewise
        yield {"Contents": [{"Key": f"{Prefix}{path.name}"} for path in (self._directory / Prefix).iterdir()]}


def export(directory: Path, path: Path, keys: int) -> dict[str, float]:
    """Write the table in this process; its figures."""
    boto3.client("s3", region_name="us-east-1")  # its memory counts
    stopwatch = Stopwatch()
    files = ResultFiles(cast("Any", _Directory(directory)), _run(keys), bucket="runs", owner=_OWNER)
    with ExportProgress(Console(file=io.StringIO())) as progress:
        table = write_table(files, path, progress, items=keys)
    figures = {"rows": table.rows, "seconds": round(stopwatch.seconds, 1), "mib": round(peak_memory_mib())}
    return {**figures, "file_mib": round(path.stat().st_size / 2**20)}


def figures_of(suffix: str, keys: int) -> dict[str, float]:
    """The figures of an export in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        write_run(Path(name), keys)
        command = [sys.executable, "-m", "benchmarks.results_table", suffix, str(keys), name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 # our own code
        figures: dict[str, float] = json.loads(done.stdout)
        read_back(Path(name, f"night{suffix}"), keys)
    return figures


def write_run(directory: Path, keys: int) -> None:
    """The files of a run with `keys` keys in batches of 100."""
    for name in (_LIST, _RECORDS):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
    s3 = _Directory(directory)
    with (directory / _LIST).open("w") as listed, (directory / _RECORDS).open("w") as records:
        for start in range(0, keys, _BATCH):
            names = [_key(number) for number in range(start, min(keys, start + _BATCH))]
            listed.writelines(json.dumps({"Key": name}) + "\n" for name in names)
            outcomes = (_outcome(start + index, name) for index, name in enumerate(names))
            record = written_batch([outcome for outcome in outcomes if outcome], cast("Any", s3))
            records.write(json.dumps(record) + "\n")
    manifest = {"ResultFiles": {"SUCCEEDED": [{"Key": _RECORDS}]}}
    (directory / _RECORDS).with_name("manifest.json").write_text(json.dumps(manifest))


def _key(number: int) -> str:
    return f"2026/11/{number % 30:02}/orders-{number:09}.csv"


def _outcome(number: int, key: str) -> dict[str, Any] | None:
    """The outcome of a key; None for one that no batch got."""
    match number % 100:
        case 7:
            cause = f"ValueError: {key} has no price"
            return {"Key": key, "Outcome": "Failed", "Error": "ProcessorFailed", "Cause": cause, "RequestId": "r"}
        case 8:
            return None
    result = {"size": number, "sha256": f"{number:064x}", "lines": [number]}
    return {"Key": key, "Outcome": "Succeeded", "Result": result}


def read_back(path: Path, keys: int) -> None:
    """Raises RuntimeError unless the table has every key once, with the outcome that it had."""
    seen = bytearray(keys)
    codes = {"succeeded": 1, "failed": 2, "pending": 3}
    for key, outcome in _outcomes(path):
        number = int(key[-13:-4])
        if seen[number]:
            raise RuntimeError(f"{key} has two rows")
        seen[number] = codes[outcome]
    expected = {7: 2, 8: 3}
    if wrong := [number for number in range(keys) if seen[number] != expected.get(number % 100, 1)]:
        raise RuntimeError(f"{len(wrong)} keys have no row or a wrong outcome")


def _outcomes(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq  # type: ignore[import-untyped] # noqa: PLC0415 # it is not measured

        for batch in pq.ParquetFile(path).iter_batches(columns=["key", "outcome"]):
            yield from zip(batch["key"].to_pylist(), batch["outcome"].to_pylist(), strict=True)
        return
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".csv":
            import csv  # noqa: PLC0415 # likewise

            yield from ((row["key"], row["outcome"]) for row in csv.DictReader(lines))
        else:
            yield from ((row["key"], row["outcome"]) for row in map(json.loads, lines))


def _run(keys: int) -> FinishedRun:
    arn = "arn:aws:states:us-east-1:111111111111"
    return FinishedRun(
        name="night",
        arn=f"{arn}:execution:mapspan:night",
        status="SUCCEEDED",
        started=_STARTED,
        stopped=_STARTED,
        run_input={},
        output={},
        error=None,
        cause=None,
        redrivable=False,
        map_run=MapRunSummary(
            arns=(f"{arn}:mapRun:mapspan/ProcessObjects:uuid",),
            status="SUCCEEDED",
            started=_STARTED,
            stopped=_STARTED,
            max_concurrency=1,
            redrives=0,
            items=keys,
            succeeded=keys,
            children=-(-keys // _BATCH),
            failed_children=0,
        ),
        definition=RunDefinition(key_source=LISTING, execution_type="EXPRESS"),
    )


def main(suffix: str, keys: int, directory: str | None = None) -> None:
    """Without a directory, create the run, export it in another process, and read the table back."""
    if directory is None:
        figures = figures_of(suffix, keys)
    else:
        figures = export(Path(directory), Path(directory, f"night{suffix}"), keys)
    print(json.dumps(figures))  # noqa: T201 # the answer


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
