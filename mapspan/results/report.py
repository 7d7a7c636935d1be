"""The report of a run that has ended: what became of its keys, why, how fast and for how much."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from environments.environment import Environment
from mapspan import quantity
from mapspan.costs import cost
from mapspan.costs.cost import Cost, Usage
from mapspan.costs.prices import as_of
from mapspan.deployment import Deployment
from mapspan.results.finished_run import FinishedRun, find
from mapspan.results.run_results import ResultFiles, RunResults


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run and its results, and what follows from both.

    Args:
        local: it ran on the local cloud, where nothing is paid.
    """

    environment: str
    run: FinishedRun
    results: RunResults
    costs: list[Cost]
    console_url: str | None
    local: bool

    @property
    def ledger(self) -> Mapping[str, int]:
        ledger = self.results.ledger
        return {
            "listed": ledger["listed"],
            "succeeded": ledger["succeeded"],
            "failed": ledger["failed"],
            "pending": ledger["pending"],
        }

    @property
    def stages(self) -> list[tuple[str, float]]:
        """The stages the run came to, and their seconds."""
        if not (map_run := self.run.map_run):
            return [("listing", self.run.seconds)]
        stopped = map_run.stopped or self.run.stopped
        return [
            ("listing", (map_run.started - self.run.started).total_seconds()),
            ("processing", (stopped - map_run.started).total_seconds()),
            ("adding up", max(0.0, (self.run.stopped - stopped).total_seconds())),
        ]

    @property
    def keys_per_second(self) -> float | None:
        """Keys tried a second, while there was a Map Run; None where nobody knows how many were."""
        seconds = dict(self.stages).get("processing")
        tried = self.results.ledger["succeeded"] + self.results.ledger["failed"]
        return tried / seconds if seconds and self.results.written else None

    @property
    def usd(self) -> float:
        return sum(each.usd for each in self.costs)

    @property
    def cost_words(self) -> str:
        """What to say behind the sum. At most, because how long each function ran isn't in the results."""
        return f"at most{', had it run on AWS' if self.local else ''}, with today's function sizes"

    @property
    def retry_command(self) -> str | None:
        """What to type next; None where nothing is left to do."""
        left = self.results.to_retry or not self.run.listing_finished
        return f"mapspan retry {self.environment} {self.run.name}" if left else None

    @property
    def notes(self) -> list[str]:
        """What the figures don't say by themselves, a sentence each."""
        return list(_notes(self.run, self.results))

    def as_json(self) -> dict[str, Any]:
        """One JSON object."""
        run = self.run
        return {
            "environment": self.environment,
            "execution": run.name,
            "execution_arn": run.arn,
            "console_url": self.console_url,
            "status": run.status,
            "error": run.error,
            "cause": run.cause,
            "input": run.run_input,
            "started": run.started.isoformat(),
            "stopped": run.stopped.isoformat(),
            "seconds": round(run.seconds, 3),
            "stages": {name: round(seconds, 3) for name, seconds in self.stages},
            "ledger": self.ledger,
            "adds_up": self.results.adds_up,
            "unrecorded": self.results.unrecorded,
            "failures": self.results.failures,
            "causes": [dataclasses.asdict(each) for each in self.results.causes.by_keys()],
            "keys_per_second": self.keys_per_second and round(self.keys_per_second, 1),
            "bytes": self.results.size_bytes,
            "children": run.map_run.children if run.map_run else 0,
            "redrives": run.map_run.redrives if run.map_run else 0,
            "costs": [dataclasses.asdict(each) for each in self.costs],
            "usd": round(self.usd, 4),
            "prices_as_of": as_of().isoformat(),
            "to_retry": self.results.to_retry,
            "retry_command": self.retry_command,
            "notes": self.notes,
        }


def report(deployment: Deployment, execution: str) -> Report:
    """Read everything there is of one execution.

    Raises:
        CommandError: it has not ended.
    """
    run = find(deployment, execution)
    owner = deployment.environment.target.account_id
    results = ResultFiles(deployment.s3(), run, bucket=deployment.runs_bucket, owner=owner).read()
    return Report(
        environment=deployment.environment.name,
        run=run,
        results=results,
        costs=_costs(deployment, run, results),
        console_url=deployment.console_url(run.arn),
        local=deployment.local_cloud_url is not None,
    )


def _costs(deployment: Deployment, run: FinishedRun, results: RunResults) -> list[Cost]:
    """As the estimate has it, from what the run did; the functions' time is what it can have been at most."""
    map_run, found_itself = run.map_run, run.given_key_list is None
    if map_run is None:
        children, batch_seconds, listing, summary = 0, 0.0, run.seconds, 0.0
    else:
        stopped = map_run.stopped or run.stopped
        children = map_run.children
        at_once = min(map_run.max_concurrency or children, children)
        batch_seconds = (stopped - map_run.started).total_seconds() * at_once / max(1, children)
        listing = (map_run.started - run.started).total_seconds()
        summary = max(0.0, (run.stopped - stopped).total_seconds())
    used = Usage(
        listed=results.ledger["listed"] if found_itself else 0,
        read=results.ledger["succeeded"] + results.ledger["failed"],
        gigabytes=results.size_bytes / 1e9,
        children=children,
        batch_seconds=batch_seconds,
        listing_seconds=listing if found_itself and run.has_listing else 0.0,
        summary_seconds=summary,
    )
    return cost.costs(_environment_of(run, deployment), used)


def _environment_of(run: FinishedRun, deployment: Deployment) -> Environment:
    """The environment as `run` had it, as far as its definition shows it; the functions' sizes are today's."""
    today = deployment.environment
    settings = today.map.model_copy(update={"execution_type": run.definition.execution_type})
    return today.model_copy(update={"key_source": run.definition.key_source, "map": settings})


def _notes(run: FinishedRun, results: RunResults) -> list[str]:
    notes = []
    if run.given_key_list:
        notes.append(f"the run took an existing key list, {run.given_key_list}, and listed nothing itself")
    elif not run.has_listing:
        notes.append("there is no key list: what is listed is what the Map Run says it read")
    if not run.listing_finished:
        notes.append(
            "the listing did not finish: more keys may be there than were listed, and none was tried"
            if run.has_listing
            else "the run ended before it had any key, and none was tried"
        )
    elif run.map_run and not results.written:
        notes.append(
            "the Map Run wrote no results, as one that is cut off: what was done is not known key by key (its children"
            f" that succeeded had {run.map_run.succeeded:,} keys), so every key counts as pending"
        )
    elif results.unrecorded:
        notes.append(f"{results.unrecorded:,} of the pending keys are in no result file: they were never tried")
    if results.nameless:
        notes.append(f"no list names {results.nameless:,} of the pending keys: only the whole run can be started again")
    if not results.adds_up:
        notes.append(
            "the ledger does not add up: the results tell of more keys than were listed"
            " (a key was recorded twice, or the key list was changed)"
        )
    if run.map_run and run.map_run.redrives:
        notes.append(f"the run was redriven {run.map_run.redrives} times: its times include the waits between")
    if run.map_run and run.map_run.failed_children:
        notes.append(
            f"{run.map_run.failed_children:,} of {run.map_run.children:,} children failed or were stopped, each with"
            " its whole batch"
        )
    return notes


def ledger_words(ledger: Mapping[str, int]) -> str:
    """The ledger as one line."""
    return (
        f"listed {ledger['listed']:,} = succeeded {ledger['succeeded']:,}"
        f" + failed {ledger['failed']:,} + pending {ledger['pending']:,}"
    )


def pace_words(found: Report) -> str:
    """How long it took, and how fast it was."""
    stages = ", ".join(f"{name} {quantity.format_duration(seconds)}" for name, seconds in found.stages)
    rate = f", {found.keys_per_second:,.0f} keys/s" if found.keys_per_second else ""
    return f"{quantity.format_duration(found.run.seconds)}: {stages}{rate}"
