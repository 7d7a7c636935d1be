"""Where in the runs bucket a run's key lists lie: the keys that were listed, and those to retry.

A key list is the objects below a prefix, its parts, each a JSON Lines file of `{"Key": …}`. The parts of what a run
listed lie in shards, one for each attempt at an invocation of a lister.
"""

from __future__ import annotations

from typing import TypedDict

# As in modules/pipeline/workflow/names.py, which a function's package doesn't hold: a test compares the two.
KEY_LISTS = "key-lists/"


class KeyList(TypedDict):
    """The parts of the key list are the objects of the runs bucket below `prefix`."""

    prefix: str


def listed_prefix(execution_name: str) -> str:
    """The prefix of the keys that the run listed."""
    return f"{KEY_LISTS}{execution_name}/listed/"


def shards_prefix(key_list_prefix: str, lister: str, invocation: int) -> str:
    """What the prefixes of the shards begin with that a lister's invocation wrote, whichever attempt at it."""
    return f"{key_list_prefix}shard-{lister}-{invocation:03d}-"


def objects_prefix(execution_name: str) -> str:
    """The prefix of the digests of the objects that an incremental run saw."""
    return f"{KEY_LISTS}{execution_name}/objects/"


def retry_prefix(execution_name: str) -> str:
    """The prefix of the keys that failed or stayed pending in the run."""
    return f"{KEY_LISTS}{execution_name}/retry/"
