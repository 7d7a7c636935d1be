"""The base class of settings groups: frozen, strict, and checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class ContradictionError(ValueError):
    """Fields that are valid one by one and contradict each other: `problems` holds (field, sentence) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in problems))
        self.problems = problems


class Settings(BaseModel):
    """A group of settings: frozen, strict about types, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield each field that contradicts another one, and a sentence: what is wrong and what to write."""
        yield from ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if problems := list(self.problems()):
            raise ContradictionError(problems)
        return self
