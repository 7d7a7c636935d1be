"""The keys of a Map Run's ended batches, read from their child executions, a few at each poll."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from lambdas.shared.batch_record import OUTCOMES
from mapspan.running.child_failures import failed_keys, failed_keys_of_batch
from mapspan.running.progress import FailedKeys

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

# AWS sustains 10 to 15 DescribeExecution a second, with a burst of 250 to 300, shared by all callers in the account
# and Region. A watcher polls once a second.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_READ_PER_POLL = 7
_FAILED_PER_POLL = 5
_READ_AT_THE_END = 50
_MAX_FAILED = 200  # after that many the causes are known
_PAGE, _PAGE_AT_THE_END = 100, 1_000


class EndedBatches:
    """What is known of the keys of one Map Run's ended batches.

    Args:
        outcomes: the keys of the children that succeeded and were read, by outcome.
        succeeded_read: how many children that succeeded were read.
    """

    def __init__(self, client: SFNClient, map_run_arn: str) -> None:
        self.outcomes: Counter[str] = Counter()
        self.succeeded_read = 0
        self._client = client
        self._map_run_arn = map_run_arn
        # By status: a redrive makes a child that failed one that succeeded.
        self._seen: dict[str, set[str]] = {"FAILED": set(), "SUCCEEDED": set()}
        self._failures: dict[str, FailedKeys] = {}
        self._succeeded_before = 0

    @property
    def failures(self) -> tuple[FailedKeys, ...]:
        """The failed keys by error, the most frequent first."""
        return tuple(sorted(self._failures.values(), key=lambda failed: -failed.keys))

    def read(self, *, failed: int, succeeded: int, last: bool) -> None:
        """Read a few more of the `failed` and `succeeded` children; many more at the `last` poll."""
        room = _READ_AT_THE_END if last else _READ_PER_POLL
        page = _PAGE_AT_THE_END if last else _PAGE
        failed_read = len(self._seen["FAILED"])
        if failed_read < min(failed, _MAX_FAILED):
            most = min(_FAILED_PER_POLL, failed - failed_read)
            for items, child in self._unseen("FAILED", page=page, most=most):
                room -= 1
                self._add(failed_keys(child.get("error") or "Unknown", child.get("cause") or "", items))
        # If the newest page has no unread child, the next poll finds one only if another has succeeded.
        if self.succeeded_read < succeeded and (succeeded > self._succeeded_before or last):
            most = min(room, succeeded - self.succeeded_read)
            read_before = self.succeeded_read
            for _, child in self._unseen("SUCCEEDED", page=page, most=most):
                record = json.loads(child.get("output") or "{}")
                self.succeeded_read += 1
                self.outcomes.update({outcome: record.get(outcome, 0) for outcome in OUTCOMES})
                self._add(failed_keys_of_batch(record))
            self._succeeded_before = succeeded if self.succeeded_read < read_before + most else 0

    def _unseen(
        self, status: Literal["FAILED", "SUCCEEDED"], *, page: int, most: int
    ) -> Iterator[tuple[int, DescribeExecutionOutputTypeDef]]:
        """Children that were not read yet, newest first: the number of items, and DescribeExecution's answer."""
        answer = self._client.list_executions(mapRunArn=self._map_run_arn, statusFilter=status, maxResults=page)
        unseen = [child for child in answer["executions"] if child["executionArn"] not in self._seen[status]]
        for child in unseen[:most]:
            description = self._client.describe_execution(executionArn=child["executionArn"])
            self._seen[status].add(child["executionArn"])
            yield child.get("itemCount", 0), description

    def _add(self, failures: Iterable[FailedKeys]) -> None:
        for more in failures:
            before = self._failures.get(more.error)
            keys = more.keys + (before.keys if before else 0)
            self._failures[more.error] = FailedKeys(error=more.error, keys=keys, key=more.key, cause=more.cause)
