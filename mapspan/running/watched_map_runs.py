"""The Map Runs of an execution as a watcher sees them: one of them is read at each poll, in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mapspan import aws_errors
from mapspan.running.ended_batches import EndedBatches, merge_failures
from mapspan.running.map_run_list import is_shard, list_map_runs
from mapspan.running.progress import FailedKeys, ItemCounts, KeyCounts

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeMapRunOutputTypeDef


class WatchedMapRuns:
    """What is known of an execution's Map Runs. `arns`: in the order in which they were found.

    AWS sustains about one DescribeMapRun a second, so a poll reads one Map Run: the one that was read longest ago.
    Those that succeeded don't change any more.
    """

    def __init__(self, client: SFNClient, execution_arn: str) -> None:
        self._client = client
        self._execution_arn = execution_arn
        self.arns: tuple[str, ...] = ()
        # The one that was read longest ago comes first.
        self._known: dict[str, DescribeMapRunOutputTypeDef] = {}
        self._batches: dict[str, EndedBatches] = {}
        self._children_refused = False

    def read(self, *, last: bool, pause: Callable[[], None]) -> None:
        """Find Map Runs that are new, and read one; at the `last` poll all that can have changed, with pauses."""
        if not self.arns or self.has_shards:
            found = list_map_runs(self._client, self._execution_arn)
            self.arns += tuple(arn for arn in found if arn not in self.arns)
        changing = [arn for arn, described in self._known.items() if described["status"] != "SUCCEEDED"]
        due = [*self.unread, *changing]
        for number, arn in enumerate(due if last else due[:1]):
            if number:
                pause()
            self._describe(arn)
        # The batches of one Map Run; at the end, of many more if there is one Map Run alone.
        if due or self._known:
            self._read_batches(due[0] if due else next(iter(self._known)), last=last and not self.has_shards)

    @property
    def unread(self) -> list[str]:
        """Those that no poll has read yet."""
        return [arn for arn in self.arns if arn not in self._known]

    @property
    def has_shards(self) -> bool:
        return any(is_shard(arn) for arn in self.arns)

    @property
    def running(self) -> bool:
        """Whether one runs, as far as is known."""
        return bool(self.unread) or any(described["status"] == "RUNNING" for described in self._known.values())

    @property
    def started(self) -> float:
        """When the first one started, in epoch seconds."""
        return min(described["startDate"].timestamp() for described in self._known.values())

    @property
    def stopped(self) -> float | None:
        """When the last one ended, in epoch seconds; None if one has not."""
        ends = [described.get("stopDate") for described in self._known.values()]
        return None if self.running or None in ends else max(end.timestamp() for end in ends if end)

    @property
    def items(self) -> ItemCounts:
        counts = [described["itemCounts"] for described in self._known.values()]
        return ItemCounts(
            total=sum(count["total"] for count in counts),
            pending=sum(count["pending"] + count.get("pendingRedrive", 0) for count in counts),
            running=sum(count["running"] for count in counts),
            succeeded=sum(count["succeeded"] for count in counts),
            failed=sum(count["failed"] + count["timedOut"] + count["aborted"] for count in counts),
        )

    @property
    def children(self) -> Mapping[str, int]:
        """Child executions by status."""
        counts = [described["executionCounts"] for described in self._known.values()]
        return {
            "pending": sum(count["pending"] + count.get("pendingRedrive", 0) for count in counts),
            "running": sum(count["running"] for count in counts),
            "succeeded": sum(count["succeeded"] for count in counts),
            "failed": sum(count["failed"] for count in counts),
            "timed_out": sum(count["timedOut"] for count in counts),
            "aborted": sum(count["aborted"] for count in counts),
        }

    @property
    def keys(self) -> KeyCounts:
        """The keys of the ended batches that were read, as the ledger will count them."""
        outcomes: Counter[str] = Counter()
        for batches in self._batches.values():
            outcomes.update(batches.outcomes)
        children = self.children
        failed = children["failed"] + children["timed_out"] + children["aborted"]
        return KeyCounts.of(
            self.items,
            outcomes,
            batches=failed + sum(batches.succeeded_read for batches in self._batches.values()),
            ended_batches=failed + children["succeeded"],
        )

    @property
    def failures(self) -> tuple[FailedKeys, ...]:
        """The failed keys by error, the most frequent first."""
        return merge_failures(failed for batches in self._batches.values() for failed in batches.failures)

    def _describe(self, arn: str) -> None:
        described = self._client.describe_map_run(mapRunArn=arn)
        self._known.pop(arn, None)
        self._known[arn] = described

    def _read_batches(self, arn: str, *, last: bool) -> None:
        # The next poll without a Map Run to describe takes another one.
        self._known[arn] = self._known.pop(arn)
        batches = self._batches.setdefault(arn, EndedBatches(self._client, arn))
        counts = self._known[arn]["executionCounts"]
        if self._children_refused:
            return
        try:
            batches.read(failed=counts["failed"], succeeded=counts["succeeded"], last=last)
        except ClientError as error:
            if aws_errors.is_throttling(error) or aws_errors.is_lost_connection(error):
                raise
            # A caller without permission to read the children can still watch the run.
            self._children_refused = True
