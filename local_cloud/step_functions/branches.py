"""Sequences of states that run at the same time: a Parallel's branches, an inline Map's items."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

from local_cloud.step_functions.stop import Stop


def run_together(jobs: Sequence[Callable[[Stop], Any]], limit: int, stop: Stop) -> list[Any]:
    """The jobs' results in order, `limit` running at a time.

    The first that fails stops the others and its failure is raised; whoever is in the middle of a call is
    not waited for.
    """
    if not jobs:
        return []
    together = stop.child()
    pool = ThreadPoolExecutor(min(limit, len(jobs)), thread_name_prefix="branch")
    try:
        futures = [pool.submit(job, together) for job in jobs]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        for future in done:
            if error := future.exception():
                raise error
        return [future.result() for future in futures]
    finally:
        together.throw()
        stop.forget(together)
        pool.shutdown(wait=False, cancel_futures=True)
