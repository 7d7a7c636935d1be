"""Reads and prints all that is known of one key of a run."""

from __future__ import annotations

import json

import typer
from botocore.exceptions import ClientError

from mapspan import aws_errors
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment, find_deployment
from mapspan.outside_text import visible, visible_lines
from mapspan.results.finished_run import FinishedRun, find_run
from mapspan.results.keys.key_history import KeyHistory
from mapspan.results.keys.key_log import KeyLog, WantedKey
from mapspan.results.keys.key_log_display import quoted, text_lines
from mapspan.results.keys.key_outcome import Child, KeyOutcome
from mapspan.results.keys.key_search import KeySearch
from mapspan.results.keys.matching_records import BucketReader
from mapspan.results.keys.run_log import RunLog
from mapspan.results.keys.search_progress import SearchProgress, search_progress
from mapspan.results.run_results import ResultFiles

_LABEL = 10


def explain(environment: str, execution: str, key: str, *, as_json: bool) -> None:
    """Print what a run did with a key.

    Raises:
        CommandError: the key is not in this run, or the run has not ended.
    """
    deployment = find_deployment(environment)
    run = find_run(deployment, execution)
    with search_progress() as progress:
        history = read_history(deployment, run, key, progress)
    if as_json:
        typer.echo(json.dumps(history.as_json()))
    else:
        _show(history)


def read_history(deployment: Deployment, run: FinishedRun, key: str, progress: SearchProgress) -> KeyHistory:
    """Find the key in the run's files, and its lines in the log.

    Raises:
        CommandError: the key is not in this run.
    """
    bucket, owner, s3 = deployment.runs_bucket, deployment.environment.target.account_id, deployment.s3()
    files = ResultFiles(s3, run, bucket=bucket, owner=owner)
    reader = BucketReader(client=s3, bucket=bucket, owner=owner, advance=progress.read_bytes)
    search = KeySearch(run, files, reader)
    outcome, listed_at = search.outcome(key), search.listed_at(key)
    if outcome is None:
        if listed_at is None:
            raise CommandError(_absent(deployment, run, key))
        outcome = _unrecorded(key, written=search.written)
    log, missing = _read_log(deployment, run, outcome, progress)
    return KeyHistory(
        environment=deployment.environment.name,
        run=run,
        outcome=outcome,
        listed_at=listed_at,
        tries=_calls(deployment, run, outcome.child),
        log=log,
        missing=missing,
    )


def _unrecorded(key: str, *, written: bool) -> KeyOutcome:
    """The outcome of a listed key that no result file names."""
    if written:
        return KeyOutcome(key=key, outcome="pending", cause="it was listed, and no batch got it before the run ended")
    cause = "the run ended without results, so nobody knows which keys succeeded; a retry processes it again"
    return KeyOutcome(key=key, outcome="unknown", cause=cause)


def _absent(deployment: Deployment, run: FinishedRun, key: str) -> str:
    if not run.listing_finished:
        reason = "its listing did not finish, so the run tried no key"
    elif run.key_list is None and (run.map_run is None or run.map_run.status != "SUCCEEDED"):
        reason = "its results don't name it, and the Map Run ended before it had read every key"
    else:
        # `run` is started with prefixes, `select` and max_keys: any of them leaves keys out.
        reason = f"neither its key list nor its results name it; its input was {json.dumps(dict(run.run_input))}"
        if run.key_list is None:
            reason = "its results don't name it"
    return (
        f"{quoted(key)} is not in the run {run.name}: {reason} (check the spelling of the key;"
        f" `mapspan list {deployment.environment.name}` shows the other runs)"
    )


def _read_log(
    deployment: Deployment, run: FinishedRun, outcome: KeyOutcome, progress: SearchProgress
) -> tuple[KeyLog, str | None]:
    """The key's lines; without any, why. A caller who may not read the log still gets everything else."""
    nothing = KeyLog(key=outcome.key, tries=[])
    try:
        log = RunLog(deployment, run.name, run.started, run.stopped)
        if not log.exists:
            return nothing, log.missing
        wanted = WantedKey(key=outcome.key, request_id=outcome.request_id)
        (found,) = log.search(progress.read_log).of([wanted])
    except ClientError as error:
        return nothing, aws_errors.sentence(error)
    return found, log.deleted if found.tries else log.missing


def _calls(deployment: Deployment, run: FinishedRun, child: Child | None) -> int | None:
    """How often Step Functions called the function for a batch; None if it is unknown. An EXPRESS child has no history.

    A caller who may not read the history still gets everything else.
    """
    if child is None or child.arn is None or child.started is None or run.definition.execution_type != "STANDARD":
        return None
    pages = deployment.step_functions().get_paginator("get_execution_history").paginate(executionArn=child.arn)
    try:
        return sum(1 for page in pages for event in page["events"] if event["type"] == "TaskScheduled")
    except ClientError:
        return None


def _show(history: KeyHistory) -> None:
    def line(name: str, text: str) -> None:
        typer.echo(f"{name:<{_LABEL}}{visible_lines(text, indent=_LABEL)}")

    outcome, run, listed_at = history.outcome, history.run, history.listed_at
    line("key", quoted(outcome.key))
    line("run", f"{run.name}  {run.status}" + (f"  {run.error}" if run.error else ""))
    line("outcome", outcome.outcome + (f"  {outcome.error}" if outcome.error else ""))
    if outcome.cause:
        line("cause", outcome.cause)
    if outcome.result:
        line("result", json.dumps(outcome.result, ensure_ascii=False))
    if listed_at:
        line("listed", f"{listed_at.written:%Y-%m-%d %H:%M:%S} UTC, line {listed_at.line:,} of {listed_at.part}")
        line("", json.dumps(listed_at.item, ensure_ascii=False))
    else:
        line("listed", f"the run has no key list: its Map read the keys of the {run.definition.key_source}")
    line("batch", history.batch)
    tries = len(history.log.tries)
    line("log", history.missing or (f"{tries} tries" if tries > 1 else "1 try"))
    for text in text_lines(history.log, set()):
        typer.echo(text)
    if command := history.retry_command:
        line("next", command)
        line("", f"only this key: {visible(history.this_key_command)}")
