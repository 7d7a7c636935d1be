"""Which of a Map Run's children run when: a bounded pool, until all ended, too many failed or the reading failed."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local_cloud.step_functions.arn import MapRunArn
from local_cloud.step_functions.child_runner import ChildRunner
from local_cloud.step_functions.children import Children
from local_cloud.step_functions.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, TIMEOUT, StateFailure
from local_cloud.step_functions.invocations import CONCURRENT_INVOCATIONS
from local_cloud.step_functions.map_fields import MapFields
from local_cloud.step_functions.map_limits import MapLimits
from local_cloud.step_functions.reading import Reading
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.status import TIMED_OUT
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
    """Runs a Map Run's waiting children. `parent` is the run that the Map is a state of."""

    arn: MapRunArn
    fields: MapFields
    limits: MapLimits
    children: Children
    reading: Reading
    parent: Run
    runner: ChildRunner

    def run(self) -> StateFailure | None:
        """Why the Map Run fails; None if it succeeds. Raises StateFailure and Stopped.

        No child is running when it returns or raises: STANDARD children were stopped. EXPRESS children can't be: they
        have ended by themselves, and count as what they became.
        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
        """
        stop = self.parent.stop.child()
        pool = ThreadPoolExecutor(CHILDREN_AT_A_TIME, thread_name_prefix="child")
        try:
            with self.children.changed:
                self._run_waiting(stop, pool)
                failure = self._failure()
                if failure and self.children.running and not self.fields.express:
                    self.parent.role.require("states:StopExecution", self.arn.example_child())
        finally:
            self.reading.stop()
            if self.fields.express:
                self._await_running()
            else:
                self.children.abort_running()
            stop.throw()
            self.parent.stop.forget(stop)
            pool.shutdown(wait=False, cancel_futures=True)
        return failure

    def _run_waiting(self, stop: Stop, pool: ThreadPoolExecutor) -> None:
        waiting, running = self.children.waiting, self.children.running
        while (waiting or running or not self.reading.ended) and not self._failure():
            self.parent.stop.check()
            while waiting and len(running) < self._concurrency():
                child, child_stop = waiting.popleft(), Stop() if self.fields.express else stop.child()
                self.children.start(child, child_stop)
                pool.submit(self.runner.run, child, child_stop)
            self._wait()

    def _await_running(self) -> None:
        with self.children.changed:
            while self.children.running:
                self._wait()

    def _wait(self) -> None:
        if self.fields.express:
            self._time_out()
        self.children.changed.wait(_WAKE_SECONDS)

    def _failure(self) -> StateFailure | None:
        if self.limits.exceeded(self.children.counts, whole=self.reading.finished):
            message = "The specified tolerated failure threshold was exceeded"
            return StateFailure(EXCEED_TOLERATED_FAILURE_THRESHOLD, message)
        return self.reading.failure

    def _concurrency(self) -> int:
        most = INVOKING_CHILDREN_AT_A_TIME if self.fields.invokes_functions else CHILDREN_AT_A_TIME
        return min(self.limits.max_concurrency or most, most)

    def _time_out(self) -> None:
        now, limit = time.time(), EXPRESS_LIMIT_SECONDS
        for child in list(self.children.running.values()):
            if now - (child.started or now) > limit:
                self.children.end(child, TIMED_OUT, TIMEOUT, f"The execution ran longer than {limit} s.")
