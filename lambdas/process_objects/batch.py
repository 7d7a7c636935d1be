"""Processes a batch of objects on a limited number of threads. A key that fails doesn't affect the others."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.job.attempt import Attempt
from lambdas.job.failures import ReadFailed
from lambdas.job.reads import Reads
from lambdas.job.source_object import SourceObject
from lambdas.shared.batch_record import results_key
from lambdas.shared.selection import Selector

from .batch_failure import raise_batch_failed
from .batch_results import BatchResults
from .failure_log import log_failure
from .inventory import AmbiguousKey, resolve_key
from .job_call import JobCall, call_job, of_failure
from .outcome import failed, inventory_fields
from .results_object import write_results
from .unread import outcome_without_reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.job.bucket import Bucket, OutputBucket
    from lambdas.shared.batch_record import BatchRecord
    from lambdas.shared.child_input import Item

    from .job_call import Process
    from .pace import Pace

# The part of the invocation's time that is reserved for the keys being processed and for writing the results.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.1, 20.0
NO_SELECTION = Selector([], started_at="")
# In shares of the reserved time: when nothing more is begun for a key, and when the batch goes on without it. What is
# between the two lets a key say how far it came. The results are written in what is left.
_KEYS_STOP, _RESULTS_BEGIN = 0.75, 0.5


@dataclass(frozen=True)
class Invocation:
    """The call of the function that a batch is: the seconds until its deadline, and by which names its log is found.

    `child`: the name of the child execution; empty if something else calls. `selector`: which items to process, where
    no listing has selected them.
    """

    seconds_left: Callable[[], float]
    request_id: str
    run: str
    child: str = ""
    selector: Selector = NO_SELECTION


class Batch:
    """Passes objects of the bucket `source` to `process`, `threads` at a time, and writes the results to `runs`.

    The client of `source` must hold as many connections as there are threads. `output`: None if the job has none.
    `pace`: None if objects are started as fast as threads are free.
    """

    def __init__(
        self,
        *,
        source: Bucket,
        runs: Bucket,
        process: Process,
        threads: int,
        output: OutputBucket | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._source = source
        self._runs = runs
        self._process = process
        self._threads = threads
        self._output = output
        self._pace = pace

    def run(self, items: list[Item], invocation: Invocation) -> BatchRecord:
        """Process the items, each with one outcome in the results; each failure is logged.

        Near the deadline, keys that were not started are Pending, and unfinished ones fail with OutOfTime.
        Raises BatchFailed if every key failed, and what write_results raises.
        """
        started, results = _now(), BatchResults()
        for index, item in enumerate(items):
            if call := outcome_without_reading(item, invocation.selector):
                _add(results, index, call, invocation)
        self._process_items(items, results, invocation)
        try:
            if results.all_failed:
                raise_batch_failed(results.failures)
            key = results_key(run=invocation.run, child=invocation.child, request_id=invocation.request_id)
            written = write_results(self._runs, key, results.body())
            return results.record(written, child=invocation.child, started=started, stopped=_now())
        finally:
            if self._pace:
                self._pace.rest()

    def _process_items(self, items: list[Item], results: BatchResults, invocation: Invocation) -> None:
        """Add an outcome for each item that has none."""
        seconds_left = invocation.seconds_left
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        taking = Lock()
        started: set[int] = set()
        waiting = deque((index, item) for index, item in enumerate(items) if index not in results)

        def take() -> tuple[int, Item] | None:
            with taking:
                if self._pace and waiting and seconds_left() > reserved:
                    self._pace.start()
                return waiting.popleft() if waiting and seconds_left() > reserved else None

        def work() -> None:
            while taken := take():
                index, item = taken
                started.add(index)
                attempt = Attempt(seconds_left=seconds_left, out_of_time=lambda: seconds_left() < reserved * _KEYS_STOP)
                _add(results, index, self._call(item, attempt, invocation), invocation)

        workers = [Thread(target=work, daemon=True) for _ in range(min(self._threads, len(waiting)))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(max(0.0, seconds_left() - reserved * _RESULTS_BEGIN))
        for index, item in enumerate(items):
            if index not in results:
                _add(results, index, _unfinished(item) if index in started else _pending(item), invocation)

    def _call(self, item: Item, attempt: Attempt, invocation: Invocation) -> JobCall:
        fields = inventory_fields(item)
        try:
            if fields and (key := resolve_key(item, source=self._source)):
                item, fields = {**item, "Key": key}, {}
            reads = Reads(item, source=self._source, attempt=attempt)
            names = {"run": invocation.run, "request_id": invocation.request_id}
            call = call_job(self._process, SourceObject(reads, output=self._output, fields=names))
        except (ClientError, BotoCoreError) as error:
            call = of_failure(item["Key"], ReadFailed.of(error))
        except AmbiguousKey as error:
            call = of_failure(item["Key"], error)
        if call.outcome["Outcome"] == "Failed":
            return JobCall({**call.outcome, **fields}, call.raised)
        return call


def _add(results: BatchResults, index: int, call: JobCall, invocation: Invocation) -> None:
    """Add the outcome of the item `index` unless it has one; a failure that counts is logged."""
    outcome = call.outcome
    if outcome["Outcome"] != "Failed":
        results.add(index, outcome)
    elif results.add(index, {**outcome, "RequestId": invocation.request_id}):
        log_failure(outcome, call.raised, run=invocation.run, request_id=invocation.request_id)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _pending(item: Item) -> JobCall:
    cause = "not started: the function's deadline was near"
    return JobCall({"Key": item["Key"], "Outcome": "Pending", "Cause": cause, **inventory_fields(item)})


def _unfinished(item: Item) -> JobCall:
    cause = "not finished before the function's deadline"
    return JobCall({**failed(item["Key"], "OutOfTime", cause), **inventory_fields(item)})
