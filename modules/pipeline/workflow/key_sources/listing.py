"""Listing: a function lists the source bucket and writes a key list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modules.asl.bounds import RunTimeBounds
from modules.pipeline.workflow.input_rule import InputRule
from modules.pipeline.workflow.input_rules import input_rules
from modules.pipeline.workflow.key_sources import MAX_INPUT_BYTES_PER_BATCH
from modules.pipeline.workflow.names import (
    ANYTHING_LISTED,
    LIST_OBJECTS,
    LISTING,
    LISTING_FINISHED,
    NOTHING_TO_PROCESS,
    PROCESS_OBJECTS,
    PROCESS_SHARDS,
    RECORD_SUCCESS,
    SUMMARIZE_RUN,
)
from modules.pipeline.workflow.retriers import LAMBDA_FAULTS, LONGEST_FUNCTION_SECONDS, PASSING_FAULTS, THROTTLING
from modules.pipeline.workflow.shards import LISTED_OUTPUT, LISTERS, MOST_KEYS

# The Context Object has it once the execution was redriven.
# https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
_REDRIVEN_AT = "$states.context.Execution.RedriveTime"


@dataclass(frozen=True, kw_only=True)
class ListingStates:
    """A function lists, in rounds if one invocation isn't enough; the keys are a key list of the runs bucket."""

    list_objects_arn: str
    prefixes: Sequence[str]
    select: Mapping[str, object] = field(default_factory=dict)
    incremental: str | None = None
    reader: None = None
    batch_input: Mapping[str, object] = field(default_factory=dict)
    max_input_bytes_per_batch: int = MAX_INPUT_BYTES_PER_BATCH

    @property
    def input_rules(self) -> Sequence[InputRule]:
        return input_rules(LISTING, allowed=self.prefixes, select=self.select, incremental=bool(self.incremental))

    @property
    def bounds(self) -> RunTimeBounds:
        return {}

    def list_shard(self) -> dict[str, object]:
        return {
            **self._list("{% $states.input.checkpoint %}", most=MOST_KEYS, listers=LISTERS),
            "Output": LISTED_OUTPUT,
            "End": True,
        }

    def _list(self, checkpoint: str | None, *, most: str | None, listers: int | str) -> dict[str, object]:
        """The Task that invokes the function."""
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": self.list_objects_arn,
                "Payload": {
                    "execution_name": "{% $states.context.Execution.Name %}",
                    "started_at": "{% $states.context.Execution.StartTime %}",
                    "redriven_at": f"{{% $exists({_REDRIVEN_AT}) ? {_REDRIVEN_AT} : null %}}",
                    "retries": "{% $states.context.State.RetryCount %}",
                    "prefixes": "{% $prefixes %}",
                    "select": "{% $select %}",
                    "max_keys": "{% $max_keys %}",
                    "changes": "{% $changes %}",
                    "checkpoint": checkpoint,
                    "most": most,
                    "listers": listers,
                },
            },
            "TimeoutSeconds": LONGEST_FUNCTION_SECONDS,
            "Retry": [LAMBDA_FAULTS, THROTTLING, PASSING_FAULTS],
        }

    def states(self) -> dict[str, object]:
        return {
            LIST_OBJECTS: {
                **self._list(None, most=None, listers=1),
                "Assign": {
                    "seen": "{% $states.result.Payload.seen %}",
                    "listed": "{% $states.result.Payload.listed %}",
                    "looked_from": "{% $states.result.Payload.looked_from %}",
                    "looked_until": "{% $states.result.Payload.looked_until %}",
                    "key_list": "{% $states.result.Payload.key_list %}",
                    "shards": "{% $states.result.Payload.shards %}",
                },
                "Output": "{% $states.result.Payload %}",
                "Next": LISTING_FINISHED,
            },
            LISTING_FINISHED: {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $count($shards) > 0 %}", "Next": PROCESS_SHARDS},
                ],
                "Default": ANYTHING_LISTED,
            },
            ANYTHING_LISTED: {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $count($map_runs) > 0 %}", "Next": SUMMARIZE_RUN},
                    {"Condition": "{% $listed > 0 %}", "Next": PROCESS_OBJECTS},
                    *([{"Condition": "{% $unrestricted %}", "Next": RECORD_SUCCESS}] if self.incremental else []),
                ],
                "Default": NOTHING_TO_PROCESS,
            },
        }
