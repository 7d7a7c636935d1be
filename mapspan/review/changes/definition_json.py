"""A state machine's definition from its JSON, checked for the shape that Step Functions accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from mapspan.review.changes.placeholder import Placeholder, Unreadable

Definition = Mapping[str, Any]


class _Target(BaseModel):
    Next: str


class _Workflow(BaseModel):
    States: dict[str, _State] = {}
    ProcessorConfig: dict[str, Any] = {}


class _State(BaseModel):
    Next: str = ""
    Default: str = ""
    Choices: list[_Target] = []
    Catch: list[_Target] = []
    ItemBatcher: dict[str, Any] = {}
    ItemProcessor: _Workflow = Field(default_factory=_Workflow)
    Iterator: _Workflow = Field(default_factory=_Workflow)
    Branches: list[_Workflow] = []


def read_definition(value: Any) -> Definition | Placeholder | None:
    """A definition from an attribute's value: None if there is none, a placeholder if it can't be read."""
    if value is None or isinstance(value, Placeholder):
        return value
    try:
        _Workflow.model_validate_json(value)
        definition: Definition = json.loads(value)
    except ValidationError as error:
        first = error.errors()[0]
        return Unreadable(f"not a definition: {'.'.join(map(str, first['loc']))} {first['msg']}".replace("\n", " "))
    return definition
