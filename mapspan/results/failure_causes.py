"""Failures by cause: like causes together, however their keys and numbers differ, with examples of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_CAUSES = 30
EXAMPLES = 3
OTHER = "Other"
_LENGTH = 160
_TELLING_KEY = 4
# What makes two causes of one kind look different: ids, addresses, numbers; not the 8 of utf-8.
_VARIABLE = re.compile(
    r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b0x[0-9a-fA-F]+|\b[0-9A-Fa-f]{16,}\b"
    r"|\d{2,}(?:\.\d+)?|(?<![\w-])\d(?:\.\d+)?"
)


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
        # A key of a letter or two would be found in any word.
        named = line.replace(key, "…") if len(key) >= _TELLING_KEY else line
        words = _VARIABLE.sub("#", named)[:_LENGTH]
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
