"""Where a run's keys come from: the part of the pipeline's definition that differs by key source.

One file for each key source: `listing`, `inventory`, `replication`. They hold states as plain dicts, and no CDKTF.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from modules.asl.bounds import RunTimeBounds
from modules.asl.item_reader import ItemReader
from modules.asl.quotas import MAX_ITEMS
from modules.pipeline.workflow.input_rule import InputRule

# Keys take at most half of a child's 256 KiB: then those to retry fit into its output, however they are escaped there.
MAX_INPUT_BYTES_PER_BATCH = 131_072
# Where the Map reads the keys by itself, each child gets the selection and applies it.
SELECTED_BY_WORKER: Mapping[str, object] = {
    "select": "{% $select %}",
    "started_at": "{% $states.context.Execution.StartTime %}",
}


class KeySourceStates(Protocol):
    """The states that find a run's keys, and the reader that passes them to the Map.

    The states use these variables: `prefixes` (those of the input, or else the property below), `max_keys` (a number or
    null), `key_list` and `checkpoint` (both null at first).
    """

    @property
    def prefixes(self) -> Sequence[str]:
        """The prefixes of a run whose input names none; "" is the whole bucket."""

    @property
    def select(self) -> Mapping[str, object]:
        """The environment's selection, which holds for each run: `lambdas/shared/selection.py`."""

    @property
    def incremental(self) -> str | None:
        """The source bucket, if a run leaves out what an earlier run processed there; else None."""

    @property
    def input_rules(self) -> Sequence[InputRule]:
        """What a run's input must not be."""

    @property
    def reader(self) -> ItemReader | None:
        """How the Map reads the keys; None if the states write them as a key list, which the Map then reads."""

    @property
    def batch_input(self) -> Mapping[str, object]:
        """What each child gets beside its keys and the run's name."""

    @property
    def max_input_bytes_per_batch(self) -> int:
        """How much of a child's input its keys may take."""

    @property
    def bounds(self) -> RunTimeBounds:
        """What the values that only a run knows can be, for the permissions derived from the definition."""

    def list_shard(self) -> dict[str, object] | None:
        """The Task with which a lister goes on in a round of a long listing; None if no function lists."""

    def states(self) -> dict[str, object]:
        """The states, the first of them first; they lead to PROCESS_OBJECTS, or to an end of their own.

        Empty if PROCESS_OBJECTS reads the keys without any state before it.
        """


def max_items() -> str:
    """A reader's MaxItems: the input's `max_keys`, or as many as a Map Run can read."""
    return f"{{% $max_keys = null ? {MAX_ITEMS} : $max_keys %}}"
