"""Writes the table of a run: reads the results twice, once for the ledger and the columns, once for the rows."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lambdas.summarize_run.ledger import Ledger, recorded_keys
from mapspan.checkout import CommandError
from mapspan.results.export_progress import ExportProgress
from mapspan.results.key_rows import COLUMNS, KeyRow, rows_of
from mapspan.results.ledger_text import OUTCOMES
from mapspan.results.result_columns import ResultColumns
from mapspan.results.run_results import Recorded, ResultFiles, RunResults
from mapspan.results.table_file import new_table_file, open_table


@dataclass(frozen=True, kw_only=True)
class ResultsTable:
    """A table that was written.

    Args:
        rows: the number of its rows.
        columns: the names of its columns.
        results: the results that it was written from.
    """

    rows: int
    columns: list[str]
    results: RunResults


def write_table(
    files: ResultFiles, path: Path, progress: ExportProgress, *, items: int, only_failed: bool = False
) -> ResultsTable:
    """Write a row for each key to `path`, or only for each failed key.

    `items`: the keys of the Map Run, for the progress; 0 if it is unknown.

    Raises:
        CommandError: the file can't be written, or its rows would not be those that the ledger counts.
    """
    found = ResultColumns()

    def observe(recorded: Recorded, ledger: Ledger) -> None:
        progress.look(recorded_keys(ledger))
        if recorded.status == "SUCCEEDED" and not only_failed and (result := recorded.record.get("Result")):
            found.add(result)

    progress.begin("reading the results", items)
    results = files.read(observe=observe)
    columns = found.columns()
    expected = _expected(results, only_failed=only_failed)
    progress.begin(f"writing {path.name}", expected.total())
    written: Counter[str] = Counter()
    with new_table_file(path) as file, contextlib.closing(open_table(path, file, columns)) as table:
        for number, row in enumerate(_rows(files, results, only_failed=only_failed), start=1):
            table.add(row)
            written[row.outcome] += 1
            progress.look(number)
        _check(written, expected)
    names = (
        [*COLUMNS[:2], "result", *COLUMNS[2:]] if path.suffix == ".jsonl" else [*COLUMNS, *(c.name for c in columns)]
    )
    return ResultsTable(rows=written.total(), columns=names, results=results)


def _rows(files: ResultFiles, results: RunResults, *, only_failed: bool) -> Iterator[KeyRow]:
    for recorded in files.records(left=only_failed):
        for row in rows_of(*recorded):
            if not only_failed or row.outcome == "failed":
                yield row
    if not only_failed and results.unrecorded:
        for key in files.unrecorded_keys(results.ledger["listed"]):
            yield KeyRow(key, "pending")


def _expected(results: RunResults, *, only_failed: bool) -> Counter[str]:
    """The number of rows by outcome. Pending keys that nobody can name have none."""
    ledger = results.ledger
    if only_failed:
        return Counter(failed=ledger["failed"])
    return Counter(
        succeeded=ledger["succeeded"],
        skipped=ledger["skipped"],
        failed=ledger["failed"],
        pending=ledger["pending"] - results.nameless,
    )


def _check(written: Counter[str], expected: Counter[str]) -> None:
    if written != expected:
        differences = [
            f"{written[outcome]:,} {outcome} keys instead of {expected[outcome]:,}"
            for outcome in OUTCOMES
            if written[outcome] != expected[outcome]
        ]
        raise CommandError(
            f"the table had {', '.join(differences)}, so it was not kept: the results changed while they were read;"
            " try again"
        )
