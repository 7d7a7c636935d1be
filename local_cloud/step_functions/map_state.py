"""Map: inline, with its items as branches of this execution, or distributed, as a Map Run.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions import payload
from local_cloud.step_functions.branches import run_together
from local_cloud.step_functions.errors import RUNTIME, EvaluationFailure, StateFailure
from local_cloud.step_functions.expression import unexpected_type
from local_cloud.step_functions.map_fields import BadValue, MapFields, max_concurrency, tolerated_failures
from local_cloud.step_functions.processor_config import is_distributed
from local_cloud.step_functions.progress import Progress
from local_cloud.step_functions.run import Item, Run, StartedMapRun
from local_cloud.step_functions.stop import Stop

# https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
INLINE_CONCURRENCY = 40

Frame = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MapState:
    """One visit of a Map. `value` evaluates a template in a frame, for the field that it names.

    `failure` is an EvaluationFailure of this state, by its cause and its field. `cause` adds the state to a cause.
    """

    name: str
    state: dict[str, Any]
    progress: Progress
    run: Run
    frame: Frame
    value: Callable[[Any, Frame, str], Any]
    failure: Callable[[str, str | None], EvaluationFailure]
    cause: Callable[[str], str]
    run_states: Callable[[dict[str, Any], Progress, Run], Any]

    def result(self) -> Any:
        """Raises StateFailure and Stopped."""
        try:
            return self._distributed() if is_distributed(self.state) else self._inline()
        except BadValue as bad:
            raise StateFailure(RUNTIME, self.cause(str(bad))) from bad

    def _field(self, template: Any, field: str) -> Any:
        return self.value(template, self.frame, field)

    def _items(self) -> list[Item]:
        """The items: an array, or for a distributed Map also an object, whose entries are items with a Key."""
        items = self._field(self.state["Items"], "Items") if "Items" in self.state else self.progress.data
        if isinstance(items, dict) and is_distributed(self.state):
            return [{"Key": key, "Value": value} for key, value in items.items()]
        if not isinstance(items, list):
            raise self._no_array(items)
        return [{"Value": item} for item in items]

    def _no_array(self, items: Any) -> EvaluationFailure:
        if "Items" not in self.state:
            return self.failure(f"Map state input must be an array but was: {payload.text(items)}", None)
        return self.failure(unexpected_type(items, "array", self.state["Items"], "Items"), "Items")

    def _select(self, index: int, item: Item) -> Any:
        """The input of a child or an iteration: the ItemSelector's value, or the item itself."""
        if "ItemSelector" not in self.state:
            return item if "Key" in item else item["Value"]
        context = {**self.frame["context"], "Map": {"Item": {"Index": index, **item}}}
        return self.value(self.state["ItemSelector"], {**self.frame, "context": context}, "ItemSelector")

    def _inline(self) -> list[Any]:
        items = self._items()
        limit = max_concurrency(self.state, self._field) or INLINE_CONCURRENCY
        history = self.run.history
        history.map_state_started(len(items))
        tolerated_failures(self.state, self._field)  # checked, and without effect: nothing else was recorded on AWS
        jobs = [
            lambda stop, index=index, item=item: self._iteration(index, item, stop) for index, item in enumerate(items)
        ]
        results = run_together(jobs, min(limit, INLINE_CONCURRENCY), self.run.stop)
        history.add("MapStateSucceeded")
        return results

    def _iteration(self, index: int, item: Item, stop: Stop) -> Any:
        processor, progress, history = self.state["ItemProcessor"], self.progress, self.run.history
        if index not in progress.inner:
            data = self._select(index, item)
            progress.inner[index] = Progress(processor["StartAt"], data, dict(progress.variables))
        history.iteration("Started", self.name, index)
        try:
            output = self.run_states(processor, progress.inner[index], self.run.until(stop).iteration(index, item))
        except StateFailure:
            history.iteration("Failed", self.name, index)
            raise
        history.iteration("Succeeded", self.name, index)
        return output

    def _distributed(self) -> Any:
        items = [] if "ItemReader" in self.state else self._items()
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
        concurrency = max_concurrency(self.state, self._field)
        self.run.history.map_state_started(length)
        map_run = map_runs.start(MapFields.of(self.name, self.state, concurrency, self._field), self.run)
        self.progress.map_run_arn = map_run.arn
        return map_run
