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
from modules.pipeline.workflow.shards import LISTED_OUTPUT, MOST_KEYS, ShardListers


@dataclass(frozen=True, kw_only=True)
class ListingStates:
    """Lists until the function returns no checkpoint, or goes on in rounds; the keys are a key list of the runs bucket.

    `listers`: how many list at a time, and into how many shards, once the function has dealt what is left.
    """

    list_objects_arn: str
    prefixes: Sequence[str]
    listers: int = 1
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

    @property
    def shard_listers(self) -> ShardListers:
        list_shard = {
            **self._list("$states.input.checkpoint", result="shard", most=MOST_KEYS),
            "Output": LISTED_OUTPUT,
            "End": True,
        }
        return ShardListers(state=list_shard, count=self.listers)

    def _list(self, checkpoint: str, *, result: str, most: str | None) -> dict[str, object]:
        """The Task that invokes the function."""
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": self.list_objects_arn,
                "Payload": {
                    "execution_name": "{% $states.context.Execution.Name %}",
                    "started_at": "{% $states.context.Execution.StartTime %}",
                    "prefixes": "{% $prefixes %}",
                    "select": "{% $select %}",
                    "max_keys": "{% $max_keys %}",
                    "changes": "{% $changes %}",
                    "checkpoint": f"{{% {checkpoint} %}}",
                    "result": result,
                    "most": most,
                },
            },
            "TimeoutSeconds": LONGEST_FUNCTION_SECONDS,
            "Retry": [LAMBDA_FAULTS, THROTTLING, PASSING_FAULTS],
        }

    def states(self) -> dict[str, object]:
        return {
            LIST_OBJECTS: {
                **self._list("$checkpoint", result="listing", most=None),
                "Assign": {
                    "seen": "{% $states.result.Payload.seen %}",
                    "listed": "{% $states.result.Payload.listed %}",
                    "keys_in_round": "{% $states.result.Payload.listed %}",
                    "looked_from": "{% $states.result.Payload.looked_from %}",
                    "looked_until": "{% $states.result.Payload.looked_until %}",
                    "key_list": "{% $states.result.Payload.key_list %}",
                    "shards": "{% $states.result.Payload.shards %}",
                    "checkpoint": "{% $states.result.Payload.checkpoint %}",
                },
                "Output": "{% $states.result.Payload %}",
                "Next": LISTING_FINISHED,
            },
            LISTING_FINISHED: {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $checkpoint != null %}", "Next": LIST_OBJECTS},
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
