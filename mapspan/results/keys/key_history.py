"""All that is known of one key of a run."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from mapspan.results.finished_run import FinishedRun
from mapspan.results.keys.key_log import KeyLog
from mapspan.results.keys.key_outcome import KeyOutcome
from mapspan.results.keys.key_search import ListedAt


@dataclass(frozen=True, kw_only=True)
class KeyHistory:
    """A key's history.

    Args:
        outcome: "unknown" if the run wrote no results.
        listed_at: None if the run has no key list.
        tries: how often Step Functions called the function for the batch; None if that is unknown.
        missing: why there are no log lines.
    """

    environment: str
    run: FinishedRun
    outcome: KeyOutcome
    listed_at: ListedAt | None
    tries: int | None
    log: KeyLog
    missing: str | None

    @property
    def retry_command(self) -> str | None:
        """The command that processes this key again with all others that need it; None if it needs no retry."""
        if self.outcome.outcome in ("succeeded", "skipped"):
            return None
        # A redrive of a Map Run that ended early also reads the keys that it had not read.
        early = self.run.map_run is not None and self.run.map_run.status != "SUCCEEDED"
        command = "redrive" if early and self.run.redrivable else "retry"
        return f"mapspan {command} {self.environment} {self.run.name}"

    @property
    def this_key_command(self) -> str:
        """The commands that process this key alone."""
        line = shlex.quote(json.dumps({"Key": self.outcome.key}))
        return f"printf '%s\\n' {line} > key.jsonl && mapspan run {self.environment} --keys key.jsonl"

    @property
    def batch(self) -> str:
        """Which batch had the key, and how it went, as a sentence."""
        child = self.outcome.child
        if child is None:
            if self.outcome.outcome == "unknown":
                return "unknown: the run wrote no results"
            return "none: no batch got the key"
        times = f", {child.started:%Y-%m-%d %H:%M:%S}" if child.started else ""
        times += f" to {child.stopped:%H:%M:%S}" if child.started and child.stopped else ""
        calls = "" if self.tries is None else f", {_counted(self.tries, 'call')} of the function in its history"
        redrives = "" if child.redrives is None else f", {_counted(child.redrives, 'redrive')}"
        keys = _counted(child.keys, "key")
        return f"{keys}, {child.status}{times}{redrives}{calls}\n{child.arn or child.name}"

    def as_json(self) -> dict[str, Any]:
        outcome, listed_at, child = self.outcome, self.listed_at, self.outcome.child
        return {
            "key": outcome.key,
            "run": self.run.name,
            "outcome": outcome.outcome,
            "error": outcome.error,
            "cause": outcome.cause,
            "result": outcome.result,
            "request_id": outcome.request_id,
            "listed": listed_at
            and {
                "part": listed_at.part,
                "line": listed_at.line,
                "written": listed_at.written.isoformat(timespec="seconds"),
                "item": listed_at.item,
            },
            "child": child
            and {
                "name": child.name,
                "arn": child.arn,
                "status": child.status,
                "keys": child.keys,
                "redrives": child.redrives,
                "calls": self.tries,
                "started": child.started and child.started.isoformat(),
                "stopped": child.stopped and child.stopped.isoformat(),
            },
            "log": [
                {"request_id": one.request_id, "lines": [line.as_json() for line in one.own]} for one in self.log.tries
            ],
            "log_missing": self.missing,
            "retry_command": self.retry_command,
            "this_key_command": self.this_key_command,
        }


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
