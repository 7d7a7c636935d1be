"""The definition of a machine of a type, from a file or a dict, with its placeholders filled."""

from collections.abc import Mapping
from pathlib import Path

from modules.asl.definition_file import PlaceholdersError, fill_definition, read_definition
from modules.asl.distributed_map import express_errors
from modules.asl.execution_type import EXECUTION_TYPES, EXPRESS, ExecutionType
from modules.asl.query_language import DefinitionError, choice_errors


def machine_definition(
    source: Path | Mapping[str, object], *, type_: ExecutionType, substitutions: Mapping[str, object] | None = None
) -> dict[str, object]:
    """The definition in the file or dict `source`, if a machine of this type can run it.

    `substitutions` are the values of its placeholders `${Name}`. Those of a dict are only looked for if there are
    substitutions: a definition that is written in Python may mean the text `${…}`.

    Raises DefinitionError with everything that must change.
    """
    if errors := list(choice_errors("type", type_, EXECUTION_TYPES)):
        raise DefinitionError(errors)
    try:
        definition = _filled(source, substitutions)
        _check_type(definition, type_)
    except PlaceholdersError as error:
        values = ", ".join(f'"{name}": …' for name in error.names)
        raise DefinitionError([f"{_where(source)}{error}; pass substitutions={{{values}}}"]) from error
    except DefinitionError as error:
        raise DefinitionError([f"{_where(source)}{line}" for line in error.errors]) from error
    return definition


def _filled(source: Path | Mapping[str, object], substitutions: Mapping[str, object] | None) -> dict[str, object]:
    if isinstance(source, Path):
        return read_definition(source, substitutions)
    return dict(source) if substitutions is None else fill_definition(source, substitutions)


def _check_type(definition: Mapping[str, object], type_: ExecutionType) -> None:
    """Raise DefinitionError for what an EXPRESS machine can't hold. What isn't a definition at all, others refuse."""
    states = definition.get("States")
    if type_ != EXPRESS or not isinstance(states, Mapping):
        return
    if errors := list(express_errors(states, "States", who="an EXPRESS machine")):
        raise DefinitionError([f"{error}; make it a STANDARD machine" for error in errors])


def _where(source: Path | Mapping[str, object]) -> str:
    return f"{source}: " if isinstance(source, Path) else ""
