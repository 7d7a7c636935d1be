"""ProcessMap: the distributed Map that processes keys in batches, whatever reads the keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modules.asl.distributed_map import DistributedMap
from modules.asl.execution_type import EXPRESS_LIMIT_SECONDS, ExecutionType
from modules.asl.item_batcher import ItemBatcher
from modules.asl.item_reader import ItemReader
from modules.asl.result_writer import ResultWriter
from modules.pipeline.workflow.names import MAP_RUNS, PROCESS_BATCH, PROCESS_LISTED_BATCH, PROCESS_OBJECTS
from modules.pipeline.workflow.retriers import BATCH_FAULTS, LAMBDA_FAULTS, RESULTS_REFUSED, THROTTLING
from modules.pipeline.workflow.verdict import Tolerance

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
        """The Map called `name` over the keys of `reader`.

        Each child gets the run's name and `batch_input` beside its keys.
        """
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
            item_processor=self._child(PROCESS_BATCH if name == PROCESS_OBJECTS else PROCESS_LISTED_BATCH),
            result_writer=ResultWriter(
                bucket=self.runs_bucket,
                expected_bucket_owner=self.runs_account_id,
                prefix=f"{{% '{MAP_RUNS}' & $states.context.Execution.Name %}}",
                transformation="COMPACT",
                output_type="JSONL",
            ),
            assign={"map_run": "{% $states.result %}", "checkpoint": None},
            next=next_state,
        )

    def _child(self, state: str) -> dict[str, object]:
        """A child execution's one state; a state's name is unique in a whole definition."""
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
