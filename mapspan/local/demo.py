"""The demo: start a local cloud, deploy to it, and run the pipeline until the ledger."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bar

from environments.files import load
from mapspan.checkout import ROOT, CommandError
from mapspan.local import local_deployment
from mapspan.local.copied_output import copy_output
from mapspan.local.demo_environment import demo_environment
from mapspan.local.local_deployment import ENVIRONMENT, LocalDeployment
from mapspan.running import progress_display
from mapspan.running.execution import Execution, Outcome
from mapspan.running.outcome_display import show_outcome
from mapspan.running.watch import LOCAL_POLL_SECONDS
from modules.jobs.build import build
from modules.jobs.job import Job
from modules.jobs.job_error import shown
from modules.jobs.platform import this_machine
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION, KeySourceName


def demo(
    *,
    objects: int,
    keep: bool,
    console: Console,
    key_source: KeySourceName = LISTING,
    job: Job | None = None,
    output: Path | None = None,
) -> dict[str, Any]:
    """Deploy to a local cloud and process `objects` objects of another account. Returns the figures of the run.

    The figures: key_source, status, listed, succeeded, skipped, failed, pending (None without a ledger), map_run_arns,
    seconds (of the execution), execution_arn, results (an s3:// URL or None), error and cause (None unless the run
    failed), output_bucket (None if the job has no output).

    Args:
        job: replaces local.toml's. Its samples are the objects, and it has an output.
        output: the directory that gets the objects of the output bucket, before the local cloud ends.

    Raises:
        CommandError: `keep` with another key source or job than local.toml's, `output` without an output bucket, or the
            job has no samples.
        JobError: the job can't be packaged.
    """
    _refuse_to_keep_what_no_file_describes(keep, key_source, job)
    if job:
        _package(job, console)
    elif output and load(ENVIRONMENT).output_bucket is None:
        raise CommandError(
            "--output: the job of environments/local.toml has no output: add [job.output] there, or pass --job"
        )
    with contextlib.ExitStack() as stack:
        with _step("local cloud started", console):
            local = local_deployment.kept() if keep else stack.enter_context(local_deployment.throwaway())
        if key_source != LISTING or job:
            local = _changed(local, key_source, job)
        output_bucket = local.environment.output_bucket
        # S3 replicates only what is written after the rules exist: deploy first, then fill the bucket.
        _fill(local, 0 if key_source == REPLICATION else objects, console)
        with _step("deployed to two accounts with terraform", console):
            local.deploy()
        if key_source == REPLICATION:
            _fill(local, objects, console, ", replicated by the local cloud")
        if key_source == INVENTORY:
            with _step("inventory delivered in AWS's format", console):
                local.deliver_inventory()
        execution = Execution.start(local.deployment, {})
        console.print(f"  execution {execution.name} started", highlight=False)
        progress_display.show(execution.follow(poll_seconds=LOCAL_POLL_SECONDS), console)
        outcome = execution.outcome()
        show_outcome(outcome, console)
        if output and output_bucket:
            copied = copy_output(local.deployment.s3(), output_bucket, output)
            console.print(f"  output    {copied:,} objects copied to {output}", highlight=False)
        if keep:
            console.print(f"  kept at   {local.endpoint_url} (stop it with `mapspan local stop`)", highlight=False)
    return {"key_source": key_source, **_figures(execution, outcome), "output_bucket": output_bucket}


def _refuse_to_keep_what_no_file_describes(keep: bool, key_source: KeySourceName, job: Job | None) -> None:
    if keep and (key_source != LISTING or job):
        what, setting = (
            ("another job", "path under [job]") if job else ("another key source", f'key_source = "{key_source}"')
        )
        raise CommandError(
            f"--keep keeps the deployment that environments/local.toml describes: for {what}, set {setting} there"
        )


def _package(job: Job, console: Console) -> None:
    """Build the job's package now, so that a person sees what takes long, and what is wrong with it."""
    if not job.samples:
        raise CommandError(f"the job {job.name} has no samples: put files into {shown(job.directory / 'samples')}")
    with _step(f"job {job.name} packaged", console):
        build(job, this_machine(), report=lambda line: console.print(f"  {line}", highlight=False, markup=False))


def _changed(local: LocalDeployment, key_source: KeySourceName, job: Job | None) -> LocalDeployment:
    """The deployment with this key source and job. A job outside of the checkout is copied into its directory."""
    directory = job.directory if job else None
    if directory and not directory.resolve().is_relative_to(ROOT):
        directory = shutil.copytree(directory, local.directory / "job" / directory.name)
    environment = demo_environment(local.environment, key_source=key_source, job=directory)
    return dataclasses.replace(local, settings=environment, job=job)


def _fill(local: LocalDeployment, objects: int, console: Console, suffix: str = "") -> None:
    source = local.environment.source
    put = f"{objects:,} objects put into" if objects or suffix else "created"
    with _step(f"{put} {source.bucket} of account {source.account_id}{suffix}", console):
        if console.is_terminal:
            with Bar(console=console, transient=True) as bar:
                task = bar.add_task("putting objects", total=objects)
                local.fill_source_bucket(objects, lambda more: bar.advance(task, more))
        else:
            local.fill_source_bucket(objects)


def _figures(execution: Execution, outcome: Outcome) -> dict[str, Any]:
    ledger = outcome.ledger or {}
    return {
        "status": outcome.status,
        **{name: ledger.get(name) for name in ("listed", "succeeded", "skipped", "failed", "pending")},
        "map_run_arns": list(outcome.map_run_arns),
        "seconds": round(outcome.seconds, 3),
        "execution_arn": execution.arn,
        "results": outcome.results,
        "error": outcome.error,
        "cause": outcome.cause,
    }


@contextlib.contextmanager
def _step(description: str, console: Console) -> Iterator[None]:
    started = time.monotonic()
    with console.status(description) if console.is_terminal else contextlib.nullcontext():
        yield
    console.print(f"[green]✓[/green] {description} [dim]({time.monotonic() - started:.1f} s)[/dim]", highlight=False)
