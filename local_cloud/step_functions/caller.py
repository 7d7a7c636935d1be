"""Who calls, as MiniStack has authenticated it."""

from typing import NamedTuple


class Caller(NamedTuple):
    account: str
    region: str
