"""The report of a run that has ended: its ledger, its failures by cause, its skips, its times and its cost."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.summarize_run.ledger import recorded_keys
from mapspan.costs.cost import Cost
from mapspan.costs.prices import as_of
from mapspan.deployment import Deployment
from mapspan.results.chain.chain import Chain, read_chain
from mapspan.results.finished_run import FinishedRun, find_run
from mapspan.results.ledger_text import ledger_counts
from mapspan.results.report_notes import report_notes
from mapspan.results.run_costs import run_costs
from mapspan.results.run_results import ResultFiles, RunResults
from mapspan.results.unread_keys import redrive_command


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run, its results, and what follows from both.

    Args:
        files: the files that the results were read from.
        console_url, logs_url: pages of the AWS console; None on the local cloud.
        local: whether it ran on the local cloud, where nothing costs money.
        chain: the run with its retries, or with the run that it retried; None if it has neither.
    """

    environment: str
    run: FinishedRun
    results: RunResults
    files: ResultFiles
    costs: list[Cost]
    console_url: str | None
    logs_url: str | None
    local: bool
    chain: Chain | None = None

    @property
    def ledger(self) -> Mapping[str, int]:
        return ledger_counts(self.results.ledger)

    @property
    def stages(self) -> list[tuple[str, float]]:
        """The stages that the run reached, with their seconds. Only a run that lists its keys has a "listing" stage."""
        first = "listing" if self.run.has_listing and not self.run.given_key_list else "starting"
        if not (map_run := self.run.map_run):
            return [(first, self.run.seconds)]
        stopped = map_run.stopped or self.run.stopped
        return [
            (first, (map_run.started - self.run.started).total_seconds()),
            ("processing", (stopped - map_run.started).total_seconds()),
            ("adding up", max(0.0, (self.run.stopped - stopped).total_seconds())),
        ]

    @property
    def keys_per_second(self) -> float | None:
        """Keys tried a second during the Map Run; None if the number of tried keys is unknown."""
        seconds = dict(self.stages).get("processing")
        tried = recorded_keys(self.results.ledger) - self.results.ledger["pending"]
        return tried / seconds if seconds and self.results.written else None

    @property
    def usd(self) -> float:
        return sum(cost.usd for cost in self.costs)

    @property
    def cost_terms(self) -> str:
        """What stands after the sum. "At most", because the results don't say how long each function ran."""
        return f"at most{', had it run on AWS' if self.local else ''}, with today's function sizes"

    @property
    def retry_command(self) -> str | None:
        """The command that processes what is left; None if nothing is left, or if a redrive or a later run has it."""
        if self.redrive_command or (self.chain and self.chain.has_taken_over(self.run.name)):
            return None
        left = self.results.to_retry or self.results.unread != 0 or not self.run.listing_finished
        return f"mapspan retry {self.environment} {self.run.name}" if left else None

    @property
    def redrive_command(self) -> str | None:
        """The command that reads the keys which the Map Run had not read; None if it had read all."""
        return redrive_command(self.environment, self.run, self.results)

    @property
    def notes(self) -> list[str]:
        return report_notes(self.run, self.results)

    @property
    def failed_keys_command(self) -> str | None:
        """The command that prints each failed key with its whole cause; None if no key failed."""
        failed = self.results.ledger["failed"]
        return f"mapspan report {self.environment} {self.run.name} --json" if failed else None

    @property
    def logs_command(self) -> str | None:
        """The command that prints the log lines of the failed keys; None if no key failed."""
        failed = self.results.ledger["failed"]
        return f"mapspan logs {self.environment} {self.run.name} --failed" if failed else None

    def json_parts(self) -> Iterator[str]:
        """The report as one JSON object with every failed key, which there may be too many of to hold in memory."""
        yield json.dumps(self.as_json()).removesuffix("}") + ', "failed_keys": ['
        separator = ""
        for failed_key in self.files.failed_keys() if self.results.ledger["failed"] else ():
            yield separator + json.dumps(dataclasses.asdict(failed_key))
            separator = ", "
        yield "]}"

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON object, without the failed keys."""
        run = self.run
        return {
            "environment": self.environment,
            "execution": run.name,
            "execution_arn": run.arn,
            "console_url": self.console_url,
            "logs_url": self.logs_url,
            "status": run.status,
            "error": run.error,
            "cause": run.cause,
            "input": run.run_input,
            "started_by": run.started_by,
            "started": run.started.isoformat(),
            "stopped": run.stopped.isoformat(),
            "seconds": round(run.seconds, 3),
            "stages": {name: round(seconds, 3) for name, seconds in self.stages},
            "ledger": self.ledger,
            "seen": run.output.get("seen"),
            "looked_from": run.output.get("looked_from"),
            "looked_until": run.output.get("looked_until"),
            "adds_up": self.results.adds_up,
            "unrecorded": self.results.unrecorded,
            "unread": self.results.unread,
            "failures": self.results.failures,
            "skips": self.results.skips,
            "causes": [dataclasses.asdict(cause) for cause in self.results.causes.by_keys()],
            "keys_per_second": self.keys_per_second and round(self.keys_per_second, 1),
            "bytes": self.results.size_bytes,
            "children": run.map_run.children if run.map_run else 0,
            "redrives": run.map_run.redrives if run.map_run else 0,
            "costs": [dataclasses.asdict(cost) for cost in self.costs],
            "usd": round(self.usd, 4),
            "prices_as_of": as_of().isoformat(),
            "to_retry": self.results.to_retry,
            "retry_command": self.retry_command,
            "redrive_command": self.redrive_command,
            "notes": self.notes,
            "chain": self.chain and self.chain.as_json(),
        }


def read_report(deployment: Deployment, execution: str) -> Report:
    """Read all that is known of one execution.

    Raises:
        CommandError: it has not ended.
    """
    run = find_run(deployment, execution)
    owner = deployment.environment.target.account_id
    files = ResultFiles(deployment.s3(), run, bucket=deployment.runs_bucket, owner=owner)
    results = files.read()
    return Report(
        environment=deployment.environment.name,
        run=run,
        results=results,
        files=files,
        costs=run_costs(deployment.environment, run, results),
        console_url=deployment.console_url(run.arn),
        logs_url=deployment.logs_url,
        local=deployment.local_cloud_url is not None,
        chain=read_chain(deployment, run, results),
    )
