"""Failures by cause: like causes together, however their keys and numbers differ, with examples of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_CAUSES = 30
EXAMPLES = 3
OTHER = "Other"
_LENGTH = 160
# What makes two causes of one kind look different: ids, addresses, numbers.
_VARIABLE = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b[0-9A-Fa-f]{16,}\b|\d+(?:\.\d+)?")


@dataclass(frozen=True, kw_only=True)
class Example:
    """A key that failed, and its own cause, cut where it is long."""

    key: str
    cause: str


@dataclass(kw_only=True)
class FailureCause:
    """`words`: the causes' common words, with … for the key and # for numbers and ids."""

    error: str
    words: str
    keys: int = 0
    examples: list[Example] = field(default_factory=list)


class FailureCauses:
    """Gathers failures; memory is bounded, what is too many kinds counts as Other."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], FailureCause] = {}

    def add(self, *, error: str, cause: str, key: str, keys: int = 1) -> None:
        """`keys` failed like this one."""
        line = " ".join(cause.split())
        words = _VARIABLE.sub("#", line.replace(key, "…"))[:_LENGTH] if key else line
        kind = (error, words)
        if kind not in self._found and len(self._found) >= MAX_CAUSES:
            kind = (OTHER, "")
        found = self._found.setdefault(kind, FailureCause(error=kind[0], words=kind[1]))
        found.keys += keys
        if len(found.examples) < EXAMPLES:
            found.examples.append(Example(key=key, cause=line[:_LENGTH]))

    def by_keys(self) -> list[FailureCause]:
        """The most frequent first."""
        return sorted(self._found.values(), key=lambda found: (-found.keys, found.error, found.words))
