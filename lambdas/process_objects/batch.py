"""Processes a batch of objects on a limited number of threads. A key that fails doesn't affect the others."""

from __future__ import annotations

from collections import deque
from threading import Thread
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.job.attempt import Attempt
from lambdas.job.failures import ReadFailed
from lambdas.job.reads import Reads
from lambdas.job.source_object import SourceObject

from .batch_failure import raise_if_all_failed
from .inventory import AmbiguousKey, resolve_key
from .job_call import call_job, of_failure
from .outcome import Outcome, failed, fit, inventory_fields, share_per_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.job.bucket import Bucket
    from lambdas.shared.child_input import Item

    from .job_call import Process

# The part of the invocation's time that is reserved for the keys being processed and for the response.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.1, 20.0


class Batch:
    """Passes objects of the bucket `source` to `process`, `threads` at a time.

    The client of `source` must hold as many connections as there are threads. `output`: None if the job has none.
    """

    def __init__(self, *, source: Bucket, process: Process, threads: int, output: Bucket | None = None) -> None:
        self._source = source
        self._process = process
        self._threads = threads
        self._output = output

    def run(self, items: list[Item], *, seconds_left: Callable[[], float]) -> list[Outcome]:
        """One outcome per item, in order; together they fit into a task's result.

        Near the deadline, keys that were not started are Pending, and unfinished ones fail with OutOfTime.
        Raises BatchTooLarge before any key is processed, and BatchFailed if every key failed.
        """
        share = share_per_item(items)
        reserved = min(_RESERVED_AT_MOST_SECONDS, seconds_left() * _RESERVED_SHARE)
        outcomes: list[Outcome] = [
            {
                "Key": item["Key"],
                "Outcome": "Pending",
                "Cause": "not started: the function's deadline was near",
                **inventory_fields(item),
            }
            for item in items
        ]
        waiting = deque(enumerate(items))

        def work() -> None:
            while seconds_left() > reserved:
                try:
                    index, item = waiting.popleft()
                except IndexError:
                    return
                outcomes[index] = {
                    **failed(item["Key"], "OutOfTime", "not finished before the function's deadline"),
                    **inventory_fields(item),
                }
                attempt = Attempt(seconds_left=seconds_left, out_of_time=lambda: seconds_left() < reserved / 2)
                outcomes[index] = self._outcome(item, attempt)

        workers = [Thread(target=work, daemon=True) for _ in range(min(self._threads, len(items)))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(max(0.0, seconds_left() - reserved / 2))
        finished = [fit(outcome, share) for outcome in outcomes]
        raise_if_all_failed(finished)
        return finished

    def _outcome(self, item: Item, attempt: Attempt) -> Outcome:
        fields = inventory_fields(item)
        try:
            if fields and (key := resolve_key(item, source=self._source)):
                item, fields = {**item, "Key": key}, {}
            reads = Reads(item, source=self._source, attempt=attempt)
            call = call_job(self._process, SourceObject(reads, output=self._output))
        except (ClientError, BotoCoreError) as error:
            call = of_failure(item["Key"], ReadFailed.of(error))
        except AmbiguousKey as error:
            call = of_failure(item["Key"], error)
        return {**call.outcome, **fields} if call.outcome["Outcome"] == "Failed" else call.outcome
