"""Gaps: what can't be derived from a state, and what to pass for it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Why something can't be derived, and what to pass: to `permissions.needs`, and to `mapspan permissions`.

    `argument` and `option` are None if the definition itself must change.
    """

    reason: str
    argument: str | None = None
    option: str | None = None

    @classmethod
    def of_field(cls, state: str, field: str, why: str, example: str) -> Gap:
        """The value of a field isn't known. `example` is its value in JSON."""
        bounds = f"{{{_quoted(state)}: {{{_quoted(field)}: {example}}}}}"
        return cls(
            reason=f"{state}: {field} {why}", argument=f"bounds={bounds}", option=f"--bounds {shlex.quote(bounds)}"
        )

    @classmethod
    def of_state(cls, state: str, why: str) -> Gap:
        """The statements of a state must be passed."""
        return cls(
            reason=f"{state}: {why}",
            argument=f"explicit={{{_quoted(state)}: [<Statement>, …]}}",
            option=f"--explicit {shlex.quote(f'{state}=FILE')}, a policy document of its statements",
        )

    def __str__(self) -> str:
        return self.reason if self.argument is None else f"{self.reason}; pass {self.argument}"

    def for_command(self) -> str:
        """The same, with the option of `mapspan permissions`."""
        return self.reason if self.option is None else f"{self.reason}; pass {self.option}"


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
