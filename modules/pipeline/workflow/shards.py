"""The states of a long listing: rounds, in which the shards of the round before are processed while listers list on.

A round is an inline Map over the variable `shards`: each entry has the `prefix` and the number of `keys` of a shard to
process, or the `checkpoint` of a lister, which writes a shard of the next round. Once neither is left, the run is added
up as any other.
"""

from collections.abc import Mapping

from modules.asl.distributed_map import DistributedMap
from modules.pipeline.workflow.names import (
    LIST_SHARD,
    LISTING_FINISHED,
    PROCESS_SHARD,
    PROCESS_SHARDS,
    SHARD_LISTED,
)

# How many times as many keys a round lists as it processes: listing is several times as fast, and the more a round
# lists, the fewer rounds wait for their last shard. docs/decisions/0108 has the arithmetic.
GROWTH = 4

_TO_PROCESS, _TO_LIST = "$shards[prefix != null]", "$shards[checkpoint != null]"
# About how many keys a lister adds to the round.
MOST_KEYS = f"{{% $floor({GROWTH} * $sum($shards.keys) / $count({_TO_LIST})) %}}"
LISTERS = f"{{% $count({_TO_LIST}) %}}"

# What an iteration that listed or processed passes on: all that the next round and the summary need.
LISTED_OUTPUT = {
    **{name: f"{{% $states.result.Payload.{name} %}}" for name in ("seen", "listed", "prefix", "checkpoints")},
    "map_runs": [],
}
PROCESSED_OUTPUT = {"seen": 0, "listed": 0, "prefix": None, "checkpoints": [], "map_runs": ["{% $states.result %}"]}


def share(max_concurrency: int) -> str:
    """An expression: how many children a shard's Map Run has, in proportion to its keys, so that a round's shards end
    together. At least one, and all shards of a round have at most `max_concurrency`.
    """
    count, all_keys = f"$count({_TO_PROCESS})", f"$sum({_TO_PROCESS}.keys)"
    shared = f"$floor($states.input.keys * ({max_concurrency} - {count}) / {all_keys})"
    return f"{{% $max([1, 1 + {shared}]) %}}"


def shard_states(list_shard: Mapping[str, object], process_shard: DistributedMap) -> dict[str, object]:
    """PROCESS_SHARDS, which adds to `seen`, `listed` and `map_runs`, and sets `shards` to those of the next round."""
    return {
        PROCESS_SHARDS: {
            "Type": "Map",
            "Comment": "No Retry and no Catch: a failed run is redriven, from where its shards and listers ended.",
            "Items": "{% $shards %}",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": SHARD_LISTED,
                "States": {
                    SHARD_LISTED: {
                        "Type": "Choice",
                        "Choices": [{"Condition": "{% $states.input.prefix != null %}", "Next": PROCESS_SHARD}],
                        "Default": LIST_SHARD,
                    },
                    LIST_SHARD: list_shard,
                    PROCESS_SHARD: process_shard.render("JSONata"),
                },
            },
            "Assign": {
                "seen": "{% $seen + $sum($states.result.seen) %}",
                "listed": "{% $listed + $sum($states.result.listed) %}",
                "map_runs": "{% [$map_runs, $states.result.map_runs] %}",
                "shards": (
                    "{% [$states.result[listed > 0].{'prefix': prefix, 'keys': listed, 'checkpoint': null},"
                    " $states.result.checkpoints.{'prefix': null, 'keys': 0, 'checkpoint': $}] %}"
                ),
            },
            "Output": {},
            "Next": LISTING_FINISHED,
        }
    }
