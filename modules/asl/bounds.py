"""What the values that only a run knows can be, so that a statement needn't say `*` for them."""

from collections.abc import Mapping, Sequence

from modules.asl.nested_states import RunTimeValue

# {state: {field: what its value can be, or begins with for a Prefix or Key}}
RunTimeBounds = Mapping[str, Mapping[str, str | Sequence[str]]]


class Bounds:
    """Reads fields of a definition, run-time values through their bounds, and collects what can't be derived."""

    def __init__(self, bounds: RunTimeBounds | None) -> None:
        self._bounds = bounds or {}
        self._used: set[tuple[str, str]] = set()
        self.errors: list[str] = []

    def given(self, state: str, field: str) -> list[str] | None:
        """What was passed for a field, None if nothing was."""
        bound = self._bounds.get(state, {}).get(field)
        if bound is None:
            return None
        self._used.add((state, field))
        return [bound] if isinstance(bound, str) else list(bound)

    def ask(self, state: str, field: str, why: str, what: str) -> list[str]:
        """What was passed for a field that the definition doesn't tell, else an error that says what to pass."""
        bound = self.given(state, field)
        if bound is None:
            self.errors.append(f'{state}: {field} {why}; pass bounds={{"{state}": {{"{field}": {what}}}}}')
        return bound or []

    def values(self, state: str, field: str, value: object, what: str) -> list[str]:
        """The values a field can have: the literal, or what was passed for it."""
        if isinstance(value, str):
            return self.given(state, field) or [value]
        if isinstance(value, RunTimeValue):
            return self.ask(state, field, f"is known only at run time ({value.source})", what)
        return self.ask(state, field, "is not in the definition", what)

    def beginnings(self, state: str, field: str, value: object) -> list[tuple[str, bool]]:
        """What a key or prefix can be, each with whether it is that exactly or only begins so.

        IAM would read `*` and `?` in a literal as wildcards: what it begins with must be passed instead.
        """
        what = '"<what it begins with>"'
        passed = self.given(state, field)
        if passed is not None:
            return [(beginning, False) for beginning in passed]
        if isinstance(value, str):
            if "*" not in value and "?" not in value:
                return [(value, True)]
            self.ask(state, field, f"holds what IAM reads as a wildcard ({value!r})", what)
        elif isinstance(value, RunTimeValue):
            self.ask(state, field, f"is known only at run time ({value.source})", what)
        return []

    def unused(self) -> list[str]:
        """Bounds nothing asked for: a name was misspelt, or the definition changed since."""
        return [
            f'bounds["{state}"]["{field}"]: no state asks for it'
            for state, fields in self._bounds.items()
            for field in fields
            if (state, field) not in self._used
        ]
