"""Which objects a run processes: by key, size, time and storage class."""

from __future__ import annotations

import re
from datetime import datetime
from fnmatch import translate
from typing import TYPE_CHECKING, NamedTuple, TypedDict, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# The units of an age.
_HOURS = {"d": 24, "h": 1}
_ENDLESS = float("inf")
# "*.jpg" and "*/tmp/*".
_ENDING, _INFIX = re.compile(r"\*[^*?\[]+", re.DOTALL), re.compile(r"\*[^*?\[]+\*", re.DOTALL)

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


class Interval(NamedTuple):
    """From `first` on; to `last`, which is in it for sizes, and not for times."""

    first: float
    last: float


class Selector:
    """Selects the objects that fulfil every condition of every selection.

    `started_at`: the start of the run, an ISO 8601 time with its offset, from which ages count.

    Patterns are those of `fnmatch.fnmatchcase` over the whole key: "*" stands for any characters, "/" included.
    """

    def __init__(self, selections: Sequence[Selection], *, started_at: str) -> None:
        suffixes = [_suffixes(tuple(texts)) for selection in selections if (texts := selection.get("suffixes"))]
        included = [_any_of(patterns) for selection in selections if (patterns := selection.get("include"))]
        self._key_conditions = [*suffixes, *included]
        self._excluded = [_any_of(patterns) for selection in selections if (patterns := selection.get("exclude"))]
        self.sizes = Interval(
            max((one.get("min_bytes", 0) for one in selections), default=0),
            min((one["max_bytes"] for one in selections if "max_bytes" in one), default=_ENDLESS),
        )
        after = (_moment(one["modified_after"], started_at) for one in selections if "modified_after" in one)
        before = (_moment(one["modified_before"], started_at) for one in selections if "modified_before" in one)
        self.times = Interval(max(after, default=-_ENDLESS), min(before, default=_ENDLESS))
        classes = [frozenset(texts) for one in selections if (texts := one.get("storage_classes"))]
        self.storage_classes = frozenset.intersection(*classes) if classes else None

    @property
    def needs_only_key(self) -> bool:
        """Whether a key alone decides."""
        return not (self.needs_size or self.needs_time or self.storage_classes is not None)

    @property
    def needs_size(self) -> bool:
        return self.sizes != (0, _ENDLESS)

    @property
    def needs_time(self) -> bool:
        return self.times != (-_ENDLESS, _ENDLESS)

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return bool(self._key_conditions or self._excluded) or not self.needs_only_key

    def selects(
        self, key: str, *, size: int | None = None, modified: float | None = None, storage_class: str | None = None
    ) -> bool:
        """Whether the object is selected. `modified`: in seconds since 1970.

        Raises UnknownValue if a condition is about a value that is None.
        """
        return (
            self.selects_key(key)
            and (not self.needs_size or self.sizes.first <= _known(size, "size", key) <= self.sizes.last)
            and (not self.needs_time or self.times.first <= _known(modified, "time", key) < self.times.last)
            and (self.storage_classes is None or _known(storage_class, "storage class", key) in self.storage_classes)
        )

    def selects_key(self, key: str) -> bool:
        """Whether the key fulfils the conditions on keys."""
        for matches in self._key_conditions:
            if not matches(key):
                return False
        return not any(matches(key) for matches in self._excluded)


def _suffixes(suffixes: tuple[str, ...]) -> Callable[[str], object]:
    return lambda key: key.endswith(suffixes)


def _any_of(patterns: Iterable[str]) -> Callable[[str], object]:
    """Whether a key matches one of the patterns. The usual kinds need no regular expression, which is slower."""
    ends = tuple(pattern[1:] for pattern in patterns if _ENDING.fullmatch(pattern))
    infixes = [pattern[1:-1] for pattern in patterns if _INFIX.fullmatch(pattern)]
    others = [pattern for pattern in patterns if not (_ENDING.fullmatch(pattern) or _INFIX.fullmatch(pattern))]
    kinds: list[Callable[[str], object]] = [lambda key, infix=infix: infix in key for infix in infixes]  # type: ignore[misc] # a default binds it
    if ends:
        kinds.append(_suffixes(ends))
    if others:
        kinds.append(re.compile("|".join(map(translate, others))).match)
    if len(kinds) == 1:
        return kinds[0]
    return lambda key: any(matches(key) for matches in kinds)


def _moment(text: str, started_at: str) -> float:
    """In seconds since 1970."""
    if text[-1] not in _HOURS:
        return datetime.fromisoformat(text).timestamp()
    return datetime.fromisoformat(started_at).timestamp() - int(text[:-1]) * _HOURS[text[-1]] * 3600


def _known(value: Known | None, name: str, key: str) -> Known:
    if value is None:
        raise UnknownValue(f"the {name} of {key[:200]!r} is unknown, and the selection needs it")
    return value
