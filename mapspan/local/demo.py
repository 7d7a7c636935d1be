"""`mapspan demo`: the main job, from nothing to a ledger, on a local cloud."""

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
from modules.pipeline.workflow.names import KeySourceName


def demo(*, objects: int, keep: bool, console: Console, key_source: KeySourceName = "listing") -> dict[str, Any]:
    """Deploy to a local cloud, process `objects` objects of another account, and tell the run's figures.

    Returns: key_source, status, listed, succeeded, failed, pending (None without a ledger), map_run_arn, seconds (of
    the execution), execution_arn, results (an s3:// URL or None), error and cause (None unless it failed).
    """
    if keep and key_source != "listing":
        raise CommandError(f'--keep: what is kept is what local.toml says: set key_source = "{key_source}" there')
    with contextlib.ExitStack() as stack:
        with _step("local cloud started", console):
            local = local_deployment.kept() if keep else stack.enter_context(local_deployment.throwaway())
        if key_source != "listing":
            local = dataclasses.replace(local, key_source=key_source)
        # What was there before is not replicated: the rules come first.
        _fill(local, 0 if key_source == "replication" else objects, console)
        with _step("deployed to two accounts with terraform", console):
            local.deploy()
        if key_source == "replication":
            _fill(local, objects, console, ", and replicated by the local cloud as the rules say")
        if key_source == "inventory":
            with _step("an inventory laid down in AWS's format, which the local cloud doesn't make", console):
                local.deliver_inventory()
        execution = Execution.start(local.deployment, {})
        console.print(f"  execution {execution.name} started", highlight=False)
        progress_display.show(execution.follow(poll_seconds=LOCAL_POLL_SECONDS), console)
        outcome = execution.outcome()
        show_outcome(outcome, console)
        if keep:
            console.print(f"  kept at   {local.endpoint_url} (mapspan local stop ends it)", highlight=False)
    return {"key_source": key_source, **_figures(execution, outcome)}


def _fill(local: LocalDeployment, objects: int, console: Console, also: str = "") -> None:
    source = local.environment.source
    put = f"{objects:,} objects put into" if objects or also else "made"
    with _step(f"{put} {source.bucket} of account {source.account_id}{also}", console):
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
        **{name: ledger.get(name) for name in ("listed", "succeeded", "failed", "pending")},
        "map_run_arn": outcome.map_run_arn,
        "seconds": round(outcome.seconds, 3),
        "execution_arn": execution.arn,
        "results": outcome.results,
        "error": outcome.error,
        "cause": outcome.cause,
    }


@contextlib.contextmanager
def _step(done: str, console: Console) -> Iterator[None]:
    started = time.monotonic()
    with console.status(done) if console.is_terminal else contextlib.nullcontext():
        yield
    console.print(f"[green]✓[/green] {done} [dim]({time.monotonic() - started:.1f} s)[/dim]", highlight=False)
