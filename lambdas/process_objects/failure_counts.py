"""The failed keys of a batch by error, in bounded memory: how many they are, and one of them as an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.shared.name_counts import bounded

from .outcome import shorten

if TYPE_CHECKING:
    from lambdas.shared.batch_record import KeysOfError

    from .outcome import Failed

_LONGEST_CAUSE_BYTES = 500


class FailureCounts:
    """Each error has its first key as its example. After 19 names, further ones count as Other."""

    def __init__(self) -> None:
        self._errors: dict[str, KeysOfError] = {}

    def add(self, failure: Failed) -> None:
        name = bounded(failure["Error"], self._errors)
        if name not in self._errors:
            cause = shorten(failure["Cause"], _LONGEST_CAUSE_BYTES)
            self._errors[name] = {"Error": name, "Keys": 0, "Example": {"Key": failure["Key"], "Cause": cause}}
        self._errors[name]["Keys"] += 1

    def by_keys(self) -> list[KeysOfError]:
        """The most frequent error first."""
        return sorted(self._errors.values(), key=lambda entry: -entry["Keys"])
