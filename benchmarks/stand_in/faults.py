"""What goes wrong on purpose, and how often."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal, get_args

Fault = Literal[
    "slow_down",  # 503 SlowDown
    "error_in_200",  # status 200, and an error in the body
    "truncated",  # status 200 and a Content-Length that fits, and half of the body
    "reset",  # the connection breaks in the middle of the body
    "empty_page",  # a page without keys that says there are more
    "access_denied",
    "internal_error",
]
FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass
class Faults:
    """`shares`: what share of requests gets which fault.

    `operations`: those that get any. `spared`: a bucket that is always listed without.
    """

    shares: dict[Fault, float] = field(default_factory=dict)
    operations: frozenset[str] = frozenset({"ListObjectsV2"})
    spared: str = "runs"
    seed: int = 0
    injected: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 # faults to repeat, not secrets

    def draw(self, operation: str, bucket: str) -> Fault | None:
        """The fault that this request gets, if any."""
        if operation not in self.operations or (bucket == self.spared and operation == "ListObjectsV2"):
            return None
        chance = self._random.random()
        for fault, share in self.shares.items():
            if chance < share:
                self.injected += 1
                return fault
            chance -= share
        return None
