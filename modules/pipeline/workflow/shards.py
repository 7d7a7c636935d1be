"""The states of a long listing: rounds, in which the shards of the round before are processed while listers list on.

A round is an inline Map over the variable `shards`: each entry has the `prefix` of a shard to process, or the
`checkpoint` of a lister. All listers of a round write to all shards of the next one, so these are even. Once neither is
left, the run is added up as any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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

_LISTERS = "$shards[checkpoint != null]"
# About how many keys a lister adds to the round.
MOST_KEYS = f"{{% $floor({GROWTH} * $keys_in_round / $count({_LISTERS})) %}}"


@dataclass(frozen=True, kw_only=True)
class ShardListers:
    """How a long listing goes on: `state` is one lister's Task, and at most `count` of them list at a time."""

    state: Mapping[str, object]
    count: int


# What an iteration that listed or processed passes on: all that the next round and the summary need.
LISTED_OUTPUT = {
    **{name: f"{{% $states.result.Payload.{name} %}}" for name in ("seen", "listed", "written", "checkpoint")},
    "map_runs": [],
}
PROCESSED_OUTPUT = {"seen": 0, "listed": 0, "written": [], "checkpoint": None, "map_runs": ["{% $states.result %}"]}


def share(max_concurrency: int) -> str:
    """An expression: the children of a shard's Map Run; all shards of a round have at most `max_concurrency`."""
    return f"{{% $floor({max_concurrency} / $max([1, $count($shards[prefix != null])])) %}}"


def shard_states(listers: ShardListers, process_shard: DistributedMap) -> dict[str, object]:
    """PROCESS_SHARDS, which adds to `seen`, `listed` and `map_runs`, and sets `shards` to those of the next round."""
    return {
        PROCESS_SHARDS: {
            "Type": "Map",
            "Comment": "No Retry and no Catch: a failed run is redriven, from where its shards and listers ended.",
            "Items": "{% $shards %}",
            # As many shards as listers, all at the same time.
            "MaxConcurrency": 2 * listers.count,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": SHARD_LISTED,
                "States": {
                    SHARD_LISTED: {
                        "Type": "Choice",
                        "Choices": [{"Condition": "{% $states.input.prefix != null %}", "Next": PROCESS_SHARD}],
                        "Default": LIST_SHARD,
                    },
                    LIST_SHARD: listers.state,
                    PROCESS_SHARD: process_shard.render("JSONata"),
                },
            },
            "Assign": {
                "seen": "{% $seen + $sum($states.result.seen) %}",
                "listed": "{% $listed + $sum($states.result.listed) %}",
                "keys_in_round": "{% $sum($states.result.listed) %}",
                "map_runs": "{% [$map_runs, $states.result.map_runs] %}",
                "shards": (
                    "{% [$distinct($states.result.written).{'prefix': $, 'checkpoint': null},"
                    " $states.result[checkpoint != null].{'prefix': null, 'checkpoint': checkpoint}] %}"
                ),
            },
            "Output": {},
            "Next": LISTING_FINISHED,
        }
    }
