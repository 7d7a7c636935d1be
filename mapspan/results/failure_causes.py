"""Groups failures by cause: causes that differ only in keys and numbers belong together. Each keeps some examples."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mapspan.outside_text import shorten_middle

MAX_CAUSES = 30
EXAMPLES = 3
OTHER = "Other"
# Enough for a whole AccessDenied with its two ARNs; bounded, because the log may hold much longer causes.
_LENGTH = 2_000
_SHORTEST_KEY = 4
# The parts in which causes of one kind differ: ids, addresses and numbers, but not the 8 of utf-8.
_VARIABLE = re.compile(
    r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b0x[0-9a-fA-F]+|\b[0-9A-Fa-f]{16,}\b"
    r"|\d{2,}(?:\.\d+)?|(?<![\w-])\d(?:\.\d+)?"
)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A key that failed, and its cause, shortened in its middle to 2,000 columns."""

    key: str
    cause: str


@dataclass(kw_only=True)
class FailureCause:
    """`words`: the words that its causes share, with … for the key and # for numbers and ids. `keys`: failed keys."""

    error: str
    words: str
    keys: int = 0
    examples: list[Example] = field(default_factory=list)


class FailureCauses:
    """Collects failures in bounded memory: after 30 kinds of causes, further ones count as Other."""

    def __init__(self) -> None:
        self._causes: dict[tuple[str, str], FailureCause] = {}

    def add(self, *, error: str, cause: str, key: str, keys: int = 1) -> None:
        """Add a failed key; `keys`: how many failed like it, itself included."""
        line = " ".join(cause.split())
        # A key of one or two letters would match inside any word.
        without_key = line.replace(key, "…") if len(key) >= _SHORTEST_KEY else line
        words = shorten_middle(_VARIABLE.sub("#", without_key), _LENGTH)
        kind = (error, words)
        if kind not in self._causes and len(self._causes) >= MAX_CAUSES:
            kind = (OTHER, "")
        failure_cause = self._causes.setdefault(kind, FailureCause(error=kind[0], words=kind[1]))
        failure_cause.keys += keys
        if len(failure_cause.examples) < EXAMPLES:
            failure_cause.examples.append(Example(key=key, cause=shorten_middle(line, _LENGTH)))

    def by_keys(self) -> list[FailureCause]:
        """The most frequent first."""
        return sorted(self._causes.values(), key=lambda cause: (-cause.keys, cause.error, cause.words))
