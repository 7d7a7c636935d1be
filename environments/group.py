"""The base class of settings groups: frozen, strict, and checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from environments.control_characters import Location, control_character_problems


class ContradictionError(ValueError):
    """Fields that are valid one by one and contradict each other: `problems` holds (field, sentence) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in problems))
        self.problems = problems


class EntryError(ValueError):
    """What is wrong in the value of one field: `problems` holds (location in the value, sentence) pairs."""

    def __init__(self, problems: Sequence[tuple[Location, str]]) -> None:
        super().__init__("; ".join(f"{location}: {sentence}" for location, sentence in problems))
        self.problems = problems


class Settings(BaseModel):
    """A group of settings: frozen, strict about types, without unknown fields and without control characters."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield each field that contradicts another one, and a sentence: what is wrong and what to write."""
        yield from ()

    @field_validator("*")
    @classmethod
    def _contains_no_control_characters(cls, value: Any) -> Any:
        if problems := list(control_character_problems(value)):
            raise EntryError(problems)
        return value

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if problems := list(self.problems()):
            raise ContradictionError(problems)
        return self
