"""ProcessMap: the distributed Map that processes keys in batches, whatever reads the keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from modules.asl.distributed_map import DistributedMap
from modules.asl.execution_type import EXPRESS_LIMIT_SECONDS, ExecutionType
from modules.asl.item_batcher import ItemBatcher
from modules.asl.item_reader import ItemReader
from modules.asl.result_writer import ResultWriter
from modules.pipeline.workflow.names import (
    MAP_RUNS,
    PROCESS_BATCH,
    PROCESS_KEY_LIST,
    PROCESS_LISTED_BATCH,
    PROCESS_OBJECTS,
    PROCESS_SHARD,
    PROCESS_SHARD_BATCH,
)
from modules.pipeline.workflow.retriers import BATCH_FAULTS, LAMBDA_FAULTS, RESULTS_REFUSED, THROTTLING
from modules.pipeline.workflow.shards import PROCESSED_OUTPUT, share
from modules.pipeline.workflow.verdict import Tolerance

# The one state of each Map's children: a state's name is unique in a whole definition.
_BATCHES = {
    PROCESS_OBJECTS: PROCESS_BATCH,
    PROCESS_KEY_LIST: PROCESS_LISTED_BATCH,
    PROCESS_SHARD: PROCESS_SHARD_BATCH,
}

# A child's record names it: the outputs of children that succeeded don't.
_PAYLOAD = "{% $merge([$states.input, {'Child': $states.context.Execution.Name}]) %}"


@dataclass(frozen=True, kw_only=True)
class ProcessMap:
    """What the Maps of a definition have in common.

    Args:
        process_objects_arn: the function that processes a batch.
        runs_bucket: the bucket that the records of batches are written to.
        child_timeout_seconds: ends one try at a batch.
        tolerance: the batches that may fail in a Map Run that goes on.
    """

    process_objects_arn: str
    runs_bucket: str
    runs_account_id: str
    execution_type: ExecutionType
    max_concurrency: int
    max_items_per_batch: int
    child_timeout_seconds: int
    tolerance: Tolerance

    def errors(self) -> Iterator[str]:
        """What AWS's own limits for a Map don't cover."""
        seconds = self.child_timeout_seconds
        if seconds < 1 or (self.execution_type == "EXPRESS" and seconds > EXPRESS_LIMIT_SECONDS):
            yield (
                "child_timeout_seconds: must be 1 or more, for EXPRESS children at most"
                f" {EXPRESS_LIMIT_SECONDS}, not {seconds}"
            )

    def over(
        self,
        reader: ItemReader,
        *,
        name: str,
        max_input_bytes_per_batch: int,
        batch_input: Mapping[str, object],
        next_state: str,
    ) -> DistributedMap:
        """The Map called `name` over all keys of a run, which `reader` reads. Its Map Run is the run's only one.

        Each child gets the run's name and `batch_input` beside its keys.
        """
        state = self._over(reader, name, max_input_bytes_per_batch, batch_input)
        return replace(state, assign={"map_runs": "{% [$states.result] %}", "checkpoint": None}, next=next_state)

    def over_shard(self, reader: ItemReader, *, max_input_bytes_per_batch: int) -> DistributedMap:
        """The Map over the keys of one shard: the end of an iteration."""
        state = self._over(reader, PROCESS_SHARD, max_input_bytes_per_batch, {})
        return replace(state, max_concurrency=share(self.max_concurrency), output=PROCESSED_OUTPUT)

    def _over(
        self, reader: ItemReader, name: str, max_input_bytes_per_batch: int, batch_input: Mapping[str, object]
    ) -> DistributedMap:
        return DistributedMap(
            comment="No Retry, which would process every key again, and no Catch: a failed Map Run is redriven.",
            label=name,
            execution_type=self.execution_type,
            item_reader=reader,
            item_batcher=ItemBatcher(
                max_items_per_batch=self.max_items_per_batch,
                max_input_bytes_per_batch=max_input_bytes_per_batch,
                batch_input={"run": "{% $states.context.Execution.Name %}", **batch_input},
            ),
            max_concurrency=self.max_concurrency,
            tolerated_failure_percentage=self.tolerance.percentage,
            tolerated_failure_count=self.tolerance.count,
            item_processor=self._child(_BATCHES[name]),
            result_writer=ResultWriter(
                bucket=self.runs_bucket,
                expected_bucket_owner=self.runs_account_id,
                prefix=f"{{% '{MAP_RUNS}' & $states.context.Execution.Name %}}",
                transformation="COMPACT",
                output_type="JSONL",
            ),
        )

    def _child(self, state: str) -> dict[str, object]:
        """A child execution's one state."""
        return {
            "StartAt": state,
            "States": {
                state: {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Arguments": {"FunctionName": self.process_objects_arn, "Payload": _PAYLOAD},
                    "TimeoutSeconds": self.child_timeout_seconds,
                    "Retry": [LAMBDA_FAULTS, THROTTLING, RESULTS_REFUSED, BATCH_FAULTS],
                    "Output": "{% $states.result.Payload %}",
                    "End": True,
                }
            },
        }
