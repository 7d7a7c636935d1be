"""Which of a Map Run's children run when: a bounded pool, until all ended or too many failed."""

import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local_cloud.step_functions.arn import MapRunArn
from local_cloud.step_functions.child_runner import ChildRunner
from local_cloud.step_functions.children import Children
from local_cloud.step_functions.errors import TIMEOUT
from local_cloud.step_functions.invocations import CONCURRENT_INVOCATIONS
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.map_limits import MapLimits
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.status import PENDING, TIMED_OUT
from local_cloud.step_functions.stop import Stop
from modules.asl.execution_type import EXPRESS_LIMIT_SECONDS

# AWS runs up to 10,000 children at a time; fewer are enough for a laptop. Of children that invoke functions a
# few more run than functions do, so that one is ready as soon as a function is done.
CHILDREN_AT_A_TIME = 64
INVOKING_CHILDREN_AT_A_TIME = CONCURRENT_INVOCATIONS * 3 // 2
# How soon a stop of the execution, or an EXPRESS child's time limit, is noticed.
_WAKE_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Runs a Map Run's pending children. `parent` is the run that the Map is a state of."""

    arn: MapRunArn
    fields: MapFields
    limits: MapLimits
    children: Children
    parent: Run
    runner: ChildRunner

    def run(self) -> bool:
        """Whether more items failed than the limits tolerate. Raises StateFailure and Stopped.

        No child is running when it returns or raises.
        """
        stop = self.parent.stop.child()
        pool = ThreadPoolExecutor(CHILDREN_AT_A_TIME, thread_name_prefix="child")
        try:
            with self.children.changed:
                self._run_pending(stop, pool)
                exceeded = self._exceeded()
                if exceeded and self.children.running:
                    self.parent.role.require("states:StopExecution", self.arn.example_child())
        finally:
            self.children.abort_running()
            stop.throw()
            self.parent.stop.forget(stop)
            pool.shutdown(wait=False, cancel_futures=True)
        return exceeded

    def _run_pending(self, stop: Stop, pool: ThreadPoolExecutor) -> None:
        waiting = deque(child for child in self.children if child.status == PENDING)
        running = self.children.running
        while (waiting or running) and not self._exceeded():
            self.parent.stop.check()
            while waiting and len(running) < self._concurrency():
                child, child_stop = waiting.popleft(), stop.child()
                self.children.start(child, child_stop)
                pool.submit(self.runner.run, child, child_stop)
            if self.fields.express:
                self._time_out()
            self.children.changed.wait(_WAKE_SECONDS)

    def _exceeded(self) -> bool:
        return self.limits.exceeded(self.children.counts)

    def _concurrency(self) -> int:
        most = INVOKING_CHILDREN_AT_A_TIME if self.fields.invokes_functions else CHILDREN_AT_A_TIME
        return min(self.limits.max_concurrency or most, most)

    def _time_out(self) -> None:
        now, limit = time.time(), EXPRESS_LIMIT_SECONDS
        for child in list(self.children.running.values()):
            if now - (child.started or now) > limit:
                self.children.end(child, TIMED_OUT, TIMEOUT, f"The execution ran longer than {limit} s.")
