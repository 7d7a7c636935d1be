"""Where a run's keys come from: the part of the pipeline's definition that differs by key source.

One file each: `listing`, `inventory`, `replication`. They hold states as plain dicts, and no CDKTF.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from modules.asl.bounds import RunTimeBounds
from modules.asl.item_reader import MAX_ITEMS, ItemReader


class KeySourceStates(Protocol):
    """The states that find a run's keys, and the reader that hands them to the Map.

    They find these variables: `prefixes` (the input's, or those of this), `max_keys` (a number or null), `key_list`
    and `checkpoint` (both null).
    """

    @property
    def prefixes(self) -> Sequence[str]:
        """What a run takes whose input names no prefix; "" is the whole bucket."""

    @property
    def reader(self) -> ItemReader | None:
        """How the Map reads the keys; None: they are written as a key list first, which then is what it reads."""

    @property
    def batch_input(self) -> Mapping[str, object] | None:
        """What each child is told of its keys, beside them."""

    @property
    def max_input_bytes_per_batch(self) -> int:
        """How much of a child's input its keys may take."""

    @property
    def bounds(self) -> RunTimeBounds:
        """What the values can be that only a run knows, for the permissions derived from the definition."""

    def states(self) -> dict[str, object]:
        """The states, the first of them first; they lead to PROCESS_OBJECTS, or to an end of their own."""


def max_items() -> str:
    """A reader's MaxItems: the input's `max_keys`, or as many as a Map Run reads."""
    return f"{{% $max_keys = null ? {MAX_ITEMS} : $max_keys %}}"
