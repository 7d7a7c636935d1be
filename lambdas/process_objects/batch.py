"""Processes a batch of objects on a limited number of threads. A key that fails doesn't affect the others."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.job.attempt import Attempt
from lambdas.job.failures import ReadFailed
from lambdas.job.reads import Reads
from lambdas.job.source_object import SourceObject
from lambdas.shared.selection import Selector

from .batch_failure import raise_if_all_failed
from .failure_log import log_failure
from .inventory import AmbiguousKey, resolve_key
from .job_call import JobCall, call_job, of_failure
from .outcome import Outcome, failed, fit, inventory_fields, refuse_large_result, share_per_item
from .unread import outcome_without_reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.job.bucket import Bucket, OutputBucket
    from lambdas.shared.child_input import Item

    from .job_call import Process
    from .pace import Pace

# The part of the invocation's time that is reserved for the keys being processed and for the response.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.1, 20.0
NO_SELECTION = Selector([], started_at="")
# In shares of the reserved time: when nothing more is begun for a key, and when the batch answers without it. What is
# between the two lets a key say how far it came.
_KEYS_STOP, _BATCH_ANSWERS = 0.75, 0.5


@dataclass(frozen=True)
class Invocation:
    """The call of the function that a batch is: the seconds until its deadline, and by which names its log is found.

    `selector`: which items to process, where no listing has selected them.
    """

    seconds_left: Callable[[], float]
    request_id: str = ""
    run: str = ""
    selector: Selector = NO_SELECTION


class Batch:
    """Passes objects of the bucket `source` to `process`, `threads` at a time.

    The client of `source` must hold as many connections as there are threads. `output`: None if the job has none.
    `pace`: None if objects are started as fast as threads are free.
    """

    def __init__(
        self,
        *,
        source: Bucket,
        process: Process,
        threads: int,
        output: OutputBucket | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._source = source
        self._process = process
        self._threads = threads
        self._output = output
        self._pace = pace

    def run(self, items: list[Item], invocation: Invocation) -> list[Outcome]:
        """One outcome per item, in order; together they fit into a task's result. Each failure is logged.

        Near the deadline, keys that were not started are Pending, and unfinished ones fail with OutOfTime.
        Raises BatchTooLarge before any key is processed, and BatchFailed if every key failed.
        """
        share = share_per_item(items)
        seconds_left = invocation.seconds_left
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        taking = Lock()
        started: set[int] = set()
        outcomes = _without_reading(items, share, invocation)
        waiting = deque((index, item) for index, item in enumerate(items) if index not in outcomes)

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
                outcomes[index] = _finished(self._call(item, attempt, invocation), share, invocation)

        workers = [Thread(target=work, daemon=True) for _ in range(min(self._threads, len(waiting)))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(max(0.0, seconds_left() - reserved * _BATCH_ANSWERS))
        for index, item in enumerate(items):
            if index not in outcomes:
                call = _unfinished(item) if index in started else _pending(item)
                outcomes[index] = _finished(call, share, invocation)
        if self._pace:
            self._pace.rest()
        in_order = [outcomes[index] for index in range(len(items))]
        raise_if_all_failed(in_order)
        return in_order

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


def _without_reading(items: list[Item], share: int, invocation: Invocation) -> dict[int, Outcome]:
    """The outcomes that are known without a request, by the index of their item."""
    calls = ((index, outcome_without_reading(item, invocation.selector)) for index, item in enumerate(items))
    return {index: _finished(call, share, invocation) for index, call in calls if call}


def _finished(call: JobCall, share: int, invocation: Invocation) -> Outcome:
    """The outcome as the batch returns it; a failure is logged with its whole cause."""
    outcome = refuse_large_result(call.outcome, share)
    if outcome["Outcome"] == "Failed":
        log_failure(outcome, call.raised, run=invocation.run, request_id=invocation.request_id)
        outcome = {**outcome, "RequestId": invocation.request_id}
    return fit(outcome, share)


def _pending(item: Item) -> JobCall:
    cause = "not started: the function's deadline was near"
    return JobCall({"Key": item["Key"], "Outcome": "Pending", "Cause": cause, **inventory_fields(item)})


def _unfinished(item: Item) -> JobCall:
    cause = "not finished before the function's deadline"
    return JobCall({**failed(item["Key"], "OutOfTime", cause), **inventory_fields(item)})
