"""The keys of a Map Run's ended batches, read from their child executions, a few at each poll."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Literal

from lambdas.shared.batch_record import OUTCOMES
from mapspan.running.child_failures import failed_keys, failed_keys_of_batch
from mapspan.running.progress import FailedKeys

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef, ListExecutionsOutputTypeDef

_Status = Literal["FAILED", "SUCCEEDED"]

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
    """

    def __init__(self, client: SFNClient, map_run_arn: str) -> None:
        self.outcomes: Counter[str] = Counter()
        self._client = client
        self._map_run_arn = map_run_arn
        self._failed: dict[str, list[FailedKeys]] = {}  # by child
        self._succeeded: set[str] = set()
        self._single_failures: tuple[FailedKeys, ...] = ()  # of children that succeeded
        self._succeeded_before = 0

    @property
    def succeeded_read(self) -> int:
        """How many children that succeeded were read."""
        return len(self._succeeded)

    @property
    def failures(self) -> tuple[FailedKeys, ...]:
        """The failed keys by error, the most frequent first."""
        return merge_failures((*self._single_failures, *chain.from_iterable(self._failed.values())))

    def read(self, *, failed: int, succeeded: int, last: bool) -> None:
        """Read a few more of the `failed` and `succeeded` children; many more at the `last` poll."""
        room = _READ_AT_THE_END if last else _READ_PER_POLL
        page = _PAGE_AT_THE_END if last else _PAGE
        if last and self._failed:
            self._forget_mended()
        failed_read = len(self._failed)
        if failed_read < min(failed, _MAX_FAILED):
            most = min(_FAILED_PER_POLL, failed - failed_read)
            for arn, items, child in self._unread("FAILED", page=page, most=most):
                room -= 1
                self._failed[arn] = failed_keys(child.get("error") or "Unknown", child.get("cause") or "", items)
        # If the newest page has no unread child, the next poll finds one only if another has succeeded.
        if self.succeeded_read < succeeded and (succeeded > self._succeeded_before or last):
            most = min(room, succeeded - self.succeeded_read)
            read_before = self.succeeded_read
            for arn, _, child in self._unread("SUCCEEDED", page=page, most=most):
                record = json.loads(child.get("output") or "{}")
                self._succeeded.add(arn)
                self.outcomes.update({outcome: record.get(outcome, 0) for outcome in OUTCOMES})
                self._single_failures = merge_failures((*self._single_failures, *failed_keys_of_batch(record)))
            self._succeeded_before = succeeded if self.succeeded_read < read_before + most else 0

    def _forget_mended(self) -> None:
        """Forget the failed children that a redrive has run again since they were read."""
        answer = self._list("FAILED", _PAGE_AT_THE_END)
        if not answer.get("nextToken"):
            still_failed = {child["executionArn"] for child in answer["executions"]}
            self._failed = {arn: keys for arn, keys in self._failed.items() if arn in still_failed}

    def _unread(
        self, status: _Status, *, page: int, most: int
    ) -> Iterator[tuple[str, int, DescribeExecutionOutputTypeDef]]:
        """Children that were not read yet, newest first: ARN, number of items, and DescribeExecution's answer."""
        read = self._failed if status == "FAILED" else self._succeeded
        children = self._list(status, page)["executions"]
        for child in [child for child in children if child["executionArn"] not in read][:most]:
            arn = child["executionArn"]
            yield arn, child.get("itemCount", 0), self._client.describe_execution(executionArn=arn)

    def _list(self, status: _Status, page: int) -> ListExecutionsOutputTypeDef:
        return self._client.list_executions(mapRunArn=self._map_run_arn, statusFilter=status, maxResults=page)


def merge_failures(failures: Iterable[FailedKeys]) -> tuple[FailedKeys, ...]:
    """The failed keys by error with the newest example of each, the most frequent first."""
    merged: dict[str, FailedKeys] = {}
    for failed in failures:
        before = merged.get(failed.error)
        merged[failed.error] = replace(failed, keys=failed.keys + (before.keys if before else 0))
    return tuple(sorted(merged.values(), key=lambda failed: -failed.keys))
