"""Prints what the worker function logged about keys of a run."""

from __future__ import annotations

import json
from itertools import islice

import typer

from mapspan.checkout import CommandError
from mapspan.deployment import Deployment, find_deployment
from mapspan.outside_text import visible
from mapspan.results.finished_run import FinishedRun, find_run
from mapspan.results.keys.key_log import KeyLog, LogSearch, WantedKey
from mapspan.results.keys.key_log_display import json_lines, quoted, text_lines
from mapspan.results.keys.key_search import KeySearch
from mapspan.results.keys.matching_records import BucketReader
from mapspan.results.keys.run_log import RunLog
from mapspan.results.keys.search_progress import SearchProgress, search_progress
from mapspan.results.run_results import ResultFiles
from mapspan.running.execution import Execution
from mapspan.running.watch import RUNNING


def show_log(environment: str, execution: str, keys: list[str], *, limit: int, as_json: bool) -> None:
    """Print the lines of these keys, or of the run's failed keys if there are none.

    Raises:
        CommandError: the function has no log group.
        typer.Exit: with 1 if no line was found.
    """
    deployment = find_deployment(environment)
    arn = deployment.execution_arn(execution)
    description = deployment.step_functions().describe_execution(executionArn=arn)
    ended = description["status"] not in RUNNING
    name = arn.rpartition(":")[2]
    log = RunLog(deployment, name, description["startDate"], description.get("stopDate") if ended else None)
    if not log.exists:
        raise CommandError(log.missing)
    with search_progress() as progress:
        search = log.search(progress.read_log)
        if keys:
            wanted, total = [WantedKey(key=one) for one in dict.fromkeys(keys)], len(set(keys))
        else:
            run = find_run(deployment, arn) if ended else None
            wanted, total = _failed_keys(deployment, run, search, limit, progress)
        key_logs = search.of(wanted)
    _show(key_logs, log, as_json=as_json)
    _show_rest(environment, name, log, shown=len(wanted), total=total)
    if wanted and not any(key_log.tries for key_log in key_logs):
        raise typer.Exit(1)


def _failed_keys(
    deployment: Deployment, run: FinishedRun | None, search: LogSearch, limit: int, progress: SearchProgress
) -> tuple[list[WantedKey], int]:
    """The first failed keys and the number of all: by the results, or by the log of a run that has none (yet)."""
    if run is not None:
        bucket, owner, s3 = deployment.runs_bucket, deployment.environment.target.account_id, deployment.s3()
        files = ResultFiles(s3, run, bucket=bucket, owner=owner)
        reader = BucketReader(client=s3, bucket=bucket, owner=owner, advance=progress.read_bytes)
        keys = KeySearch(run, files, reader)
        if keys.written:
            failed = keys.failed()
            wanted = [WantedKey(key=one.key, request_id=one.request_id) for one in islice(failed, limit)]
            if len(wanted) < limit:
                return wanted, len(wanted)
            ledger = Execution(run.arn, deployment.step_functions()).outcome().ledger
            return wanted, ledger["failed"] if ledger else limit + sum(1 for _ in failed)
    return search.failed_keys(limit)


def _show(key_logs: list[KeyLog], log: RunLog, *, as_json: bool) -> None:
    shown: set[str] = set()
    for key_log in key_logs:
        if as_json:
            for line in json_lines(key_log):
                typer.echo(line)
            if not key_log.tries:
                typer.echo(json.dumps({"key": key_log.key, "missing": log.missing}))
            continue
        typer.echo(quoted(key_log.key))
        for line in text_lines(key_log, shown):
            typer.echo(line)
        if not key_log.tries:
            typer.echo(f"  {visible(log.missing)}")
        typer.echo()


def _show_rest(environment: str, name: str, log: RunLog, *, shown: int, total: int) -> None:
    """What is not shown, on stderr."""
    if not shown:
        typer.echo(f"no key of {name} failed", err=True)
    if log.deleted:
        typer.echo(f"note: {log.deleted}", err=True)
    if total > shown:
        typer.echo(
            f"{total - shown:,} more keys failed: --limit shows more of them, `mapspan report {environment} {name}`"
            " counts them by cause",
            err=True,
        )
