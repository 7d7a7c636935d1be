"""A group of settings: frozen, and refusing to exist wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class ContradictionError(ValueError):
    """Fields that are right one by one and wrong together: `problems` holds (field, sentence) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in problems))
        self.problems = problems


class Settings(BaseModel):
    """What every group of settings is: frozen, and without room for a misspelt field."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Each field that contradicts another one, and what to do about it."""
        yield from ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if problems := list(self.problems()):
            raise ContradictionError(problems)
        return self
