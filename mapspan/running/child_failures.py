"""The failed and skipped keys of a running Map Run, collected from a few of its children at each poll."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from lambdas.process_objects.batch_failure import read_batch_failure
from mapspan.running.progress import FailedKeys, Sample

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

# AWS sustains 10 to 15 DescribeExecution a second, shared by all callers in the account and Region.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_FAILED_PER_POLL = 5
_MAX_FAILED = 200  # after that many the causes are known
_SUCCEEDED_PER_POLL = 2
_EXAMPLE_LENGTH = 200


class ChildFailures:
    """The failed keys of one Map Run: in failed children, and in a sample of those that succeeded."""

    def __init__(self, client: SFNClient, map_run_arn: str) -> None:
        self._client = client
        self._map_run_arn = map_run_arn
        self._seen: set[str] = set()
        self._failed_seen = 0
        self._succeeded_before = 0
        self._failures: dict[str, FailedKeys] = {}
        self._sampled: dict[str, FailedKeys] = {}
        self._sampled_keys = 0
        self._sampled_skips = 0

    def of_failed(self, failed: int) -> tuple[FailedKeys, ...]:
        """Read a few more of the `failed` children; the failed keys of all that were read, most keys first."""
        if self._failed_seen < min(failed, _MAX_FAILED):
            for items, child in self._unseen("FAILED", page=100, most=_FAILED_PER_POLL):
                self._failed_seen += 1
                for keys in failed_keys(child.get("error") or "Unknown", child.get("cause") or "", items):
                    _add(self._failures, keys)
        return _most_first(self._failures)

    def of_succeeded(self, succeeded: int) -> Sample:
        """Read a few of the `succeeded` children if new ones have succeeded; the keys of all that were read."""
        if succeeded > self._succeeded_before:
            self._succeeded_before = succeeded
            for items, child in self._unseen("SUCCEEDED", page=_SUCCEEDED_PER_POLL, most=_SUCCEEDED_PER_POLL):
                self._sampled_keys += items
                outcomes = json.loads(child.get("output") or "[]")
                self._sampled_skips += sum(1 for outcome in outcomes if outcome.get("Outcome") == "Skipped")
                for keys in single_failed_keys(outcomes):
                    _add(self._sampled, keys)
        return Sample(keys=self._sampled_keys, skipped=self._sampled_skips, failures=_most_first(self._sampled))

    def _unseen(
        self, status: Literal["FAILED", "SUCCEEDED"], *, page: int, most: int
    ) -> Iterator[tuple[int, DescribeExecutionOutputTypeDef]]:
        """Children that were not read yet, newest first: the number of items, and DescribeExecution's answer."""
        answer = self._client.list_executions(mapRunArn=self._map_run_arn, statusFilter=status, maxResults=page)
        unseen = [child for child in answer["executions"] if child["executionArn"] not in self._seen]
        for child in unseen[:most]:
            description = self._client.describe_execution(executionArn=child["executionArn"])
            self._seen.add(child["executionArn"])
            yield child.get("itemCount", 0), description


def failed_keys(error: str, cause: str, items: int) -> list[FailedKeys]:
    """A failed child's keys by their own errors if its cause has them; else all of them under the child's error."""
    batch_failure = read_batch_failure(error, cause)
    if batch_failure is None:
        return [FailedKeys(error=error, keys=items, example=_short(error_message(cause)))]
    return [
        FailedKeys(
            error=entry["Error"],
            keys=entry["Keys"],
            example=_short(f"{entry['Example']['Key']!r}: {entry['Example']['Cause']}"),
        )
        for entry in batch_failure["Errors"]
    ]


def error_message(cause: str) -> str:
    """The message of a function's error; any other cause unchanged."""
    try:
        return str(json.loads(cause).get("errorMessage", cause))
    except (ValueError, AttributeError):
        return cause


def single_failed_keys(outcomes: Sequence[Mapping[str, Any]]) -> list[FailedKeys]:
    """The failed keys among the outcomes of a child that succeeded."""
    return [
        FailedKeys(error=outcome["Error"], keys=1, example=_short(f"{outcome['Key']!r}: {outcome['Cause']}"))
        for outcome in outcomes
        if outcome.get("Outcome") == "Failed"
    ]


def _add(by_error: dict[str, FailedKeys], more: FailedKeys) -> None:
    before = by_error.get(more.error)
    keys = more.keys + (before.keys if before else 0)
    by_error[more.error] = FailedKeys(error=more.error, keys=keys, example=more.example)


def _most_first(by_error: dict[str, FailedKeys]) -> tuple[FailedKeys, ...]:
    return tuple(sorted(by_error.values(), key=lambda failed: -failed.keys))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXAMPLE_LENGTH else line[: _EXAMPLE_LENGTH - 1] + "…"
