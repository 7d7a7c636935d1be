"""What children of a Map Run said of keys that failed, gathered a few children a look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from lambdas.process_objects.batch_failure import read_batch_failure
from mapspan.running.progress import FailedKeys, Sample

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# DescribeExecution is sustained at 10 to 15 a second, for everyone in the account and Region.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_FAILED_A_LOOK = 5
_FAILED_IN_ALL = 200  # by then the causes are known
_SUCCEEDED_A_LOOK = 2
_EXAMPLE_LENGTH = 200


class ChildrensFailures:
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

    def in_failed(self, failed: int) -> tuple[FailedKeys, ...]:
        """Look at some of the `failed` children; all that is known of them, most keys first."""
        if self._failed_seen < min(failed, _FAILED_IN_ALL):
            for items, answer in self._unseen("FAILED", page=100, most=_FAILED_A_LOOK):
                self._failed_seen += 1
                for found in failed_keys(answer.get("error") or "Unknown", answer.get("cause") or "", items):
                    _add(self._failures, found)
        return _most_first(self._failures)

    def in_succeeded(self, succeeded: int) -> Sample:
        """Look at some of the `succeeded` children where there are new ones; what all that were looked at say."""
        if succeeded > self._succeeded_before:
            self._succeeded_before = succeeded
            for items, answer in self._unseen("SUCCEEDED", page=_SUCCEEDED_A_LOOK, most=_SUCCEEDED_A_LOOK):
                self._sampled_keys += items
                for found in keys_failed_singly(answer.get("output") or "[]"):
                    _add(self._sampled, found)
        return Sample(keys=self._sampled_keys, failures=_most_first(self._sampled))

    def _unseen(
        self, status: Literal["FAILED", "SUCCEEDED"], *, page: int, most: int
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """Newest first: how many items a child had, and how it is described."""
        listed = self._client.list_executions(mapRunArn=self._map_run_arn, statusFilter=status, maxResults=page)
        unseen = [child for child in listed["executions"] if child["executionArn"] not in self._seen]
        for child in unseen[:most]:
            described = self._client.describe_execution(executionArn=child["executionArn"])
            self._seen.add(child["executionArn"])
            said = {"error": described.get("error", ""), "cause": described.get("cause", "")}
            yield child.get("itemCount", 0), {**said, "output": described.get("output", "")}


def failed_keys(error: str, cause: str, items: int) -> list[FailedKeys]:
    """A failed child's keys by their own errors, where its cause has them; else all under the child's error."""
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
    """The message in a function's error; any other cause as it is."""
    try:
        return str(json.loads(cause).get("errorMessage", cause))
    except (ValueError, AttributeError):
        return cause


def keys_failed_singly(output: str) -> list[FailedKeys]:
    """The failed keys among the outcomes that a child which succeeded gave."""
    return [
        FailedKeys(error=outcome["Error"], keys=1, example=_short(f"{outcome['Key']!r}: {outcome['Cause']}"))
        for outcome in json.loads(output)
        if outcome.get("Outcome") == "Failed"
    ]


def _add(known: dict[str, FailedKeys], found: FailedKeys) -> None:
    before = known.get(found.error)
    keys = found.keys + (before.keys if before else 0)
    known[found.error] = FailedKeys(error=found.error, keys=keys, example=found.example)


def _most_first(known: dict[str, FailedKeys]) -> tuple[FailedKeys, ...]:
    return tuple(sorted(known.values(), key=lambda found: -found.keys))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXAMPLE_LENGTH else line[: _EXAMPLE_LENGTH - 1] + "…"
