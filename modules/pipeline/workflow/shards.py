"""The states of a long listing: an inline Map over its listers, each with a Map Run for each shard that it has listed.

A lister's state is its last answer, which its states pass on from one to the next: it lists a shard, the distributed
Map processes it, and so on until all is listed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from modules.asl.distributed_map import DistributedMap
from modules.pipeline.workflow.names import (
    ANYTHING_LISTED,
    LIST_SHARD,
    PROCESS_SHARD,
    PROCESS_SHARDS,
    SHARD_READY,
    SHARDS_PROCESSED,
)

# The Map Runs of a lister so far, in an array whether there are none, one or several.
_MAP_RUNS = "$states.input.map_runs"


@dataclass(frozen=True, kw_only=True)
class ShardListers:
    """How a long listing goes on: `state` lists one lister's next shard, and `count` listers do so at a time."""

    state: Mapping[str, object]
    count: int


def shard_output(result: str) -> dict[str, object]:
    """What LIST_SHARD passes on: the lister's answer `result` with its Map Runs so far."""
    return {
        **{name: f"{{% {result}.{name} %}}" for name in ("seen", "listed", "key_list", "ready", "checkpoint")},
        "map_runs": f"{{% [{_MAP_RUNS}] %}}",
    }


# What PROCESS_SHARD passes on: its Map Run is one of the lister's.
PROCESSED_OUTPUT = {
    **{name: f"{{% $states.input.{name} %}}" for name in ("seen", "listed", "key_list", "checkpoint")},
    "ready": False,
    "map_runs": f"{{% [{_MAP_RUNS}, $states.result] %}}",
}


def share(max_concurrency: int, listers: int) -> str:
    """An expression: how many children a shard's Map Run has, so that all listers' have at most `max_concurrency`."""
    return f"{{% $floor({max_concurrency} / $min([{listers}, $count($shards)])) %}}"


def shard_states(listers: ShardListers, process_shard: DistributedMap) -> dict[str, object]:
    """PROCESS_SHARDS, which sets `map_runs`, `listed` and `seen` of the whole run.

    No Catch: a shard's Map Run that fails ends the run, and a redrive of the run redrives it, and lets each other
    lister go on where it was.
    """
    return {
        PROCESS_SHARDS: {
            "Type": "Map",
            "Comment": "No Retry and no Catch: a failed run is redriven, and each lister goes on where it was.",
            "Items": "{% $shards %}",
            "MaxConcurrency": listers.count,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": SHARD_READY,
                "States": {
                    SHARD_READY: {
                        "Type": "Choice",
                        "Choices": [
                            {"Condition": "{% $states.input.ready %}", "Next": PROCESS_SHARD},
                            {"Condition": "{% $states.input.checkpoint != null %}", "Next": LIST_SHARD},
                        ],
                        "Default": SHARDS_PROCESSED,
                    },
                    LIST_SHARD: listers.state,
                    PROCESS_SHARD: process_shard.render("JSONata"),
                    SHARDS_PROCESSED: {
                        "Type": "Pass",
                        "Output": {
                            "seen": "{% $states.input.seen %}",
                            "listed": "{% $states.input.listed %}",
                            "map_runs": f"{{% [{_MAP_RUNS}] %}}",
                        },
                        "End": True,
                    },
                },
            },
            "Assign": {
                "seen": "{% $sum($states.result.seen) %}",
                "listed": "{% $sum($states.result.listed) %}",
                "map_runs": "{% [$states.result.map_runs] %}",
            },
            "Output": {},
            "Next": ANYTHING_LISTED,
        }
    }
