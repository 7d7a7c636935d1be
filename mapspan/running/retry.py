"""`mapspan retry`: a new execution over what a run left undone, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from lambdas.summarize_run.retry_list import RetryList
from mapspan.arguments import EnvironmentName, ExecutionName, Json
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment, find_deployment
from mapspan.results.finished_run import FinishedRun, find
from mapspan.results.run_results import ResultFiles
from mapspan.running.execution import Execution


@dataclass(frozen=True, kw_only=True)
class Remainder:
    """What a run left undone.

    Args:
        keys: that failed or were never tried; None where nobody knows, since the listing didn't finish or no list is.
        run_input: of the execution that does them.
        why: in words.
    """

    keys: int | None
    run_input: Mapping[str, Any]
    why: str


def retry_run(
    environment: EnvironmentName,
    execution: ExecutionName,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Start without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Start a new execution over only the keys that a run failed on or never tried, whatever became of that run.

    Says how many there are, and asks before it starts. With nothing to retry it says so, and ends with 0.
    """
    deployment = find_deployment(environment)
    run = find(deployment, execution)
    left = remainder(deployment, run)
    typer.echo(f"{run.name}: {left.why}", err=as_json)
    if left.keys == 0:
        _tell(deployment, run, left, None, as_json=as_json)
        return
    if not yes:
        _ask()
    _tell(deployment, run, left, Execution.start(deployment, left.run_input), as_json=as_json)


def remainder(deployment: Deployment, run: FinishedRun) -> Remainder:
    """What `run` left undone; its keys are then a key list of the runs bucket."""
    if not run.listing_finished:
        return Remainder(
            keys=None,
            run_input=run.run_input,
            why=_whole(
                "its listing did not finish and no key was tried"
                if run.has_listing
                else "it ended before it had any key",
                deployment,
                run,
            ),
        )
    retry_input = {"key_list": {"prefix": run.retry_list}}
    # A run that succeeded has its list already, perhaps of millions: it isn't made twice.
    if run.status == "SUCCEEDED" and "retry" in run.output:
        keys = int(run.output["retry"]["keys"])
        return Remainder(keys=keys, run_input=retry_input, why=_words(keys, run.output["ledger"]))
    owner = deployment.environment.target.account_id
    s3 = deployment.s3()
    written = RetryList(s3, bucket=deployment.runs_bucket, owner=owner, prefix=run.retry_list, invocation=0)
    written.delete_leftovers()
    results = ResultFiles(s3, run, bucket=deployment.runs_bucket, owner=owner).read(written.add)
    written.flush()
    if results.nameless:
        return Remainder(
            keys=None,
            run_input=run.run_input,
            why=_whole(
                f"{results.nameless:,} of its keys are in no result, and no key list names them", deployment, run
            ),
        )
    return Remainder(keys=written.keys, run_input=retry_input, why=_words(written.keys, results.ledger))


def _whole(reason: str, deployment: Deployment, run: FinishedRun) -> str:
    then, now = run.definition.key_source, deployment.environment.key_source
    changed = f"; its key source was {then} and is {now} now" if then != now else ""
    return f"{reason}, so the whole run is started again{changed}"


def _words(keys: int, ledger: Mapping[str, Any]) -> str:
    if not keys:
        return f"nothing to retry: all {ledger['listed']:,} keys succeeded" if ledger["listed"] else "nothing to retry"
    reasons = f"{ledger['failed']:,} failed, {ledger['pending']:,} never tried"
    return f"{keys:,} of {ledger['listed']:,} keys to retry: {reasons}"


def _ask() -> None:
    try:
        if typer.confirm("Start a new execution?", err=True):
            return
    except typer.Abort as error:
        raise CommandError("nothing was started: nobody answered, say --yes to start without being asked") from error
    raise CommandError("nothing was started")


def _tell(
    deployment: Deployment, run: FinishedRun, left: Remainder, started: Execution | None, *, as_json: bool
) -> None:
    if as_json:
        answer = {
            "retried": run.name,
            "keys": left.keys,
            "input": left.run_input,
            "execution": started.name if started else None,
            "execution_arn": started.arn if started else None,
            "console_url": deployment.console_url(started.arn) if started else None,
        }
        typer.echo(json.dumps(answer))
    elif started:
        typer.echo(f"started   {started.name}")
        if url := deployment.console_url(started.arn):
            typer.echo(f"console   {url}")
        typer.echo(f"next      mapspan watch {deployment.environment.name} {started.name}")
