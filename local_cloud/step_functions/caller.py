"""The caller of an API action, as authenticated by MiniStack."""

from typing import NamedTuple


class Caller(NamedTuple):
    account: str
    region: str
