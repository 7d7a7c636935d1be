"""Sequences of states that run in parallel: a Parallel's branches, an inline Map's items."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from local_cloud.step_functions.stop import Stop


def run_together(jobs: Sequence[Callable[[Stop], Any]], limit: int, stop: Stop) -> list[Any]:
    """The jobs' results in order. At most `limit` run at a time.

    The first job that fails stops the others, and its failure is raised without waiting for calls in progress. No
    further job starts then.
    """
    if not jobs:
        return []
    group = stop.child()
    failures: list[BaseException] = []

    def run(job: Callable[[Stop], Any]) -> Any:
        group.check()
        try:
            return job(group)
        except BaseException as failure:
            failures.append(failure)
            group.throw()
            raise

    pool = ThreadPoolExecutor(min(limit, len(jobs)), thread_name_prefix="branch")
    try:
        futures = [pool.submit(run, job) for job in jobs]
        wait(futures, return_when=FIRST_EXCEPTION)
        if failures:
            raise failures[0]
        return [future.result() for future in futures]
    finally:
        group.throw()
        stop.forget(group)
        pool.shutdown(wait=False, cancel_futures=True)
