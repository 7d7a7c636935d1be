"""Which objects a run processes: by key, size, time and storage class."""

from __future__ import annotations

import re
from datetime import datetime
from fnmatch import translate
from typing import TYPE_CHECKING, TypedDict, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# The units of an age.
_HOURS = {"d": 24, "h": 1}

Known = TypeVar("Known")


class UnknownValue(Exception):  # noqa: N818 # named as Step Functions shows it
    """A selection needs a value that nothing says, such as the size in an inventory without sizes."""


@final
class Selection(TypedDict, total=False):
    """The conditions of an environment or of a run's input; one that is not set does not count.

    `suffixes`, `include` and `storage_classes`: one of them matches. `exclude`: none of them matches. Sizes in bytes.
    `modified_after` (or at that time) and `modified_before`: an ISO 8601 time with its offset, or an age such as "30d"
    or "12h" at the start of the run.
    """

    suffixes: list[str]
    include: list[str]
    exclude: list[str]
    min_bytes: int
    max_bytes: int
    modified_after: str
    modified_before: str
    storage_classes: list[str]


class Selector:
    """Selects the objects that fulfil every condition of every selection.

    `started_at`: the start of the run, an ISO 8601 time with its offset, from which ages count.

    Patterns are those of `fnmatch.fnmatchcase` over the whole key: "*" stands for any characters, "/" included.
    """

    def __init__(self, selections: Sequence[Selection], *, started_at: str) -> None:
        self._suffixes = [tuple(suffixes) for selection in selections if (suffixes := selection.get("suffixes"))]
        self._included = [_any_of(patterns) for selection in selections if (patterns := selection.get("include"))]
        self._excluded = [_any_of(patterns) for selection in selections if (patterns := selection.get("exclude"))]
        self._classes = [set(classes) for selection in selections if (classes := selection.get("storage_classes"))]
        self._min_bytes = max((selection.get("min_bytes", 0) for selection in selections), default=0)
        self._max_bytes = min((one["max_bytes"] for one in selections if "max_bytes" in one), default=None)
        after = (one["modified_after"] for one in selections if "modified_after" in one)
        before = (one["modified_before"] for one in selections if "modified_before" in one)
        self._after = max((_moment(text, started_at) for text in after), default=None)
        self._before = min((_moment(text, started_at) for text in before), default=None)

    @property
    def needs_only_key(self) -> bool:
        """Whether a key alone decides."""
        return not (self._needs_size or self._needs_time or self._classes)

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return bool(self._suffixes or self._included or self._excluded) or not self.needs_only_key

    def selects(
        self, key: str, *, size: int | None = None, modified: float | None = None, storage_class: str | None = None
    ) -> bool:
        """Whether the object is selected. `modified`: in seconds since 1970.

        Raises UnknownValue if a condition is about a value that is None.
        """
        return (
            self.selects_key(key)
            and (not self._needs_size or self._selects_size(_known(size, "size", key)))
            and (not self._needs_time or self._selects_time(_known(modified, "modification time", key)))
            and (not self._classes or all(_known(storage_class, "storage class", key) in one for one in self._classes))
        )

    def selects_key(self, key: str) -> bool:
        """Whether the key fulfils the conditions on keys."""
        return (
            all(key.endswith(suffixes) for suffixes in self._suffixes)
            and all(matches(key) for matches in self._included)
            and not any(matches(key) for matches in self._excluded)
        )

    @property
    def _needs_size(self) -> bool:
        return self._min_bytes > 0 or self._max_bytes is not None

    @property
    def _needs_time(self) -> bool:
        return self._after is not None or self._before is not None

    def _selects_size(self, size: int) -> bool:
        return size >= self._min_bytes and (self._max_bytes is None or size <= self._max_bytes)

    def _selects_time(self, modified: float) -> bool:
        return (self._after is None or modified >= self._after) and (self._before is None or modified < self._before)


def _any_of(patterns: Iterable[str]) -> Callable[[str], object]:
    """Whether a key matches one of the patterns: one regular expression for all of them."""
    return re.compile("|".join(translate(pattern) for pattern in patterns)).match


def _moment(text: str, started_at: str) -> float:
    """In seconds since 1970."""
    if text[-1] not in _HOURS:
        return datetime.fromisoformat(text).timestamp()
    return datetime.fromisoformat(started_at).timestamp() - int(text[:-1]) * _HOURS[text[-1]] * 3600


def _known(value: Known | None, name: str, key: str) -> Known:
    if value is None:
        raise UnknownValue(f"the {name} of {key[:200]!r} is unknown, and the selection needs it")
    return value
