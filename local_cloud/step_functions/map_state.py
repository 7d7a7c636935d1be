"""Map: inline, with its items as branches of this execution, or distributed, as a Map Run.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions.branches import run_together
from local_cloud.step_functions.data_flow import Context, DataFlow, Item
from local_cloud.step_functions.errors import RUNTIME, StateFailure
from local_cloud.step_functions.limit import BadValue
from local_cloud.step_functions.map_fields import MapFields, max_concurrency, tolerated_failures
from local_cloud.step_functions.place import Place
from local_cloud.step_functions.processor_config import is_distributed
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.run import Run, StartedMapRun
from local_cloud.step_functions.stop import Stop
from modules.asl.quotas import MAX_INLINE_CONCURRENCY


@dataclass(frozen=True, kw_only=True)
class MapState:
    """One visit of a Map."""

    name: str
    state: dict[str, Any]
    progress: Progress
    run: Run
    flow: DataFlow
    context: Context
    place: Place
    run_states: Callable[[dict[str, Any], Progress, Run], Any]

    def result(self) -> Any:
        """Raises StateFailure and Stopped."""
        try:
            return self._distributed() if is_distributed(self.state) else self._inline()
        except BadValue as bad:
            raise StateFailure(RUNTIME, self.place.cause(str(bad))) from bad

    def _select(self, index: int, item: Item) -> Any:
        """The input of a child or an iteration."""
        return self.flow.item_input(index, item, self.context)

    def _inline(self) -> list[Any]:
        items = self.flow.items(self.context)
        limit = max_concurrency(self.flow, self.context) or MAX_INLINE_CONCURRENCY
        history = self.run.history
        history.map_state_started(len(items))
        tolerated_failures(self.flow, self.context)  # checked, and without effect: nothing else was recorded on AWS
        jobs = [
            lambda stop, index=index, item=item: self._iteration(index, item, stop) for index, item in enumerate(items)
        ]
        results = run_together(jobs, min(limit, MAX_INLINE_CONCURRENCY), self.run.stop)
        history.add("MapStateSucceeded")
        return results

    def _iteration(self, index: int, item: Item, stop: Stop) -> Any:
        """An iteration's output. A redrive runs only what is left of an iteration."""
        processor, progress, history = self.state["ItemProcessor"], self.progress, self.run.history
        if index not in progress.inner:
            data = self._select(index, item)
            progress.inner[index] = Progress(processor["StartAt"], data, dict(progress.variables))
        elif progress.inner[index].done:
            return progress.inner[index].output
        history.iteration("Started", self.name, index)
        try:
            output = self.run_states(processor, progress.inner[index], self.run.until(stop).iteration(index, item))
        except StateFailure:
            history.iteration("Failed", self.name, index)
            raise
        history.iteration("Succeeded", self.name, index)
        return output

    def _distributed(self) -> Any:
        items = [] if "ItemReader" in self.state else self.flow.items(self.context)
        processor = self.state["ItemProcessor"]
        result = self._map_run(len(items)).run(
            items, self._select, lambda progress, run: self.run_states(processor, progress, run)
        )
        self.run.history.add("MapStateSucceeded")
        return result

    def _map_run(self, length: int) -> StartedMapRun:
        """A new Map Run, or in a redrive the existing one. `length` is how many items come from the state's input."""
        map_runs, arn = self.run.map_runs, self.progress.map_run_arn
        if arn:
            return map_runs.resume(arn, self.run)
        concurrency = max_concurrency(self.flow, self.context)
        self.run.history.map_state_started(length)
        map_run = map_runs.start(MapFields.of(self.name, self.state, concurrency, self.flow, self.context), self.run)
        self.progress.map_run_arn = map_run.arn
        return map_run
