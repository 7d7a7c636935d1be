"""The demo: start a local cloud, deploy to it, and run the pipeline until the ledger."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bar

from mapspan.checkout import CommandError
from mapspan.local import local_deployment
from mapspan.local.local_deployment import LocalDeployment
from mapspan.running import progress_display
from mapspan.running.execution import Execution, Outcome
from mapspan.running.outcome_display import show_outcome
from mapspan.running.watch import LOCAL_POLL_SECONDS
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION, KeySourceName


def demo(*, objects: int, keep: bool, console: Console, key_source: KeySourceName = LISTING) -> dict[str, Any]:
    """Deploy to a local cloud and process `objects` objects of another account. Returns the figures of the run.

    The figures: key_source, status, listed, succeeded, skipped, failed, pending (None without a ledger), map_run_arn,
    seconds (of the execution), execution_arn, results (an s3:// URL or None), error and cause (None unless the run
    failed).

    Raises:
        CommandError: `keep` with another key source than local.toml's.
    """
    if keep and key_source != LISTING:
        raise CommandError(
            "--keep keeps the deployment that environments/local.toml describes: for another key source,"
            f' set key_source = "{key_source}" there'
        )
    with contextlib.ExitStack() as stack:
        with _step("local cloud started", console):
            local = local_deployment.kept() if keep else stack.enter_context(local_deployment.throwaway())
        if key_source != LISTING:
            local = dataclasses.replace(local, key_source=key_source)
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
        if keep:
            console.print(f"  kept at   {local.endpoint_url} (stop it with `mapspan local stop`)", highlight=False)
    return {"key_source": key_source, **_figures(execution, outcome)}


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
        "map_run_arn": outcome.map_run_arn,
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
