"""`mapspan results`: every key of a run that has ended, as a table in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, ExecutionName, Json


def results_command(
    environment: EnvironmentName,
    execution: ExecutionName,
    to: Annotated[
        Path,
        typer.Option(metavar="FILE", help="A new file that ends with .csv, .jsonl or .parquet.", dir_okay=False),
    ],
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only the keys that failed.")] = False,
    as_json: Json = False,
) -> None:
    """Write every key of a run to a table: outcome, the job's result, error and cause.

    Reads the result files, so it works however the run ended: succeeded, failed, timed out or stopped. The memory that
    it needs does not grow with the run. Parquet needs the optional package pyarrow. An existing file is not replaced,
    and an export that fails leaves no file.
    """
    from rich.console import Console

    from mapspan.deployment import find_deployment
    from mapspan.outside_text import visible, visible_lines
    from mapspan.results.export_progress import ExportProgress
    from mapspan.results.finished_run import find_run
    from mapspan.results.ledger_text import ledger_line
    from mapspan.results.report_notes import report_notes
    from mapspan.results.results_table import write_table
    from mapspan.results.run_results import ResultFiles
    from mapspan.results.table_file import check_table_file

    check_table_file(to)
    deployment = find_deployment(environment)
    run = find_run(deployment, execution)
    owner = deployment.environment.target.account_id
    files = ResultFiles(deployment.s3(), run, bucket=deployment.runs_bucket, owner=owner)
    with ExportProgress(Console(stderr=True)) as progress:
        items = run.map_run.items if run.map_run else 0
        table = write_table(files, to, progress, items=items, only_failed=failed)
    ledger = {str(name): count for name, count in table.results.ledger.items() if isinstance(count, int)}
    notes = report_notes(run, table.results)
    if as_json:
        answer = {
            "execution": run.name,
            "file": str(to),
            "rows": table.rows,
            "columns": table.columns,
            "ledger": ledger,
            "adds_up": table.results.adds_up,
            "nameless": table.results.nameless,
            "notes": notes,
        }
        typer.echo(json.dumps(answer))
        return
    typer.echo(f"written   {visible(str(to))}: {table.rows:,} {'failed ' if failed else ''}keys")
    typer.echo(f"ledger    {ledger_line(ledger)}")
    for note in notes:
        typer.echo(f"note      {visible_lines(note, indent=10)}")
