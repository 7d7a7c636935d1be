"""Bounds: what values that only a run knows can be, so that a statement need not say `*` for them."""

import re
from collections.abc import Mapping, Sequence

from modules.asl.gap import Gap
from modules.asl.nested_states import RunTimeValue

# {state: {field: what its value can be, or begins with for a Prefix or Key}}
RunTimeBounds = Mapping[str, Mapping[str, str | Sequence[str]]]


class Bounds:
    """Reads fields of a definition, takes run-time values from the bounds, and collects the gaps."""

    def __init__(self, bounds: RunTimeBounds | None) -> None:
        self._bounds = bounds or {}
        self._used: set[tuple[str, str]] = set()
        self.gaps: list[Gap] = []

    def bound(self, state: str, field: str) -> list[str] | None:
        """The bound of a field, None if there is none."""
        bound = self._bounds.get(state, {}).get(field)
        if bound is None:
            return None
        self._used.add((state, field))
        return [bound] if isinstance(bound, str) else list(bound)

    def require(self, state: str, field: str, why: str, example: str) -> list[str]:
        """The bound of a field that the definition doesn't show; without one, a gap that says what to pass."""
        bound = self.bound(state, field)
        if bound is None:
            gap = Gap.of_field(state, field, why, example)
            if gap not in self.gaps:
                self.gaps.append(gap)
        return bound or []

    def values(self, state: str, field: str, value: object, example: str) -> list[str]:
        """The values that a field can have: its literal, or else its bound."""
        if isinstance(value, str):
            return [value]
        if isinstance(value, RunTimeValue):
            return self.require(state, field, f"is known only at run time ({value.source})", example)
        return self.require(state, field, "is not in the definition", example)

    def beginnings(self, state: str, field: str, value: object) -> list[tuple[str, bool]]:
        """What a key or prefix can begin with, each with whether that is the whole key or prefix.

        IAM would read `*` and `?` in a literal as wildcards, so such a literal needs a bound.
        """
        if isinstance(value, str) and not re.search(r"[*?]", value):
            return [(value, True)]
        if isinstance(value, str):
            why = f"contains a character that IAM reads as a wildcard ({value!r})"
        elif isinstance(value, RunTimeValue):
            why = f"is known only at run time ({value.source})"
        else:
            why = "is not in the definition"
        return [(beginning, False) for beginning in self.require(state, field, why, '"<what it begins with>"')]

    def unused(self) -> list[Gap]:
        """An error for each bound that no state used: a name is misspelt, or the definition has changed."""
        return [
            Gap(reason=f'bounds["{state}"]["{field}"]: no state needs it; remove it or correct its name')
            for state, fields in self._bounds.items()
            for field in fields
            if (state, field) not in self._used
        ]
