"""Every state of a definition, at any depth of Maps and Parallels, and the values of its fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modules.asl.execution_type import EXPRESS
from modules.asl.query_language import DefinitionError, QueryLanguage, is_expression
from modules.asl.state_fields import field_errors


@dataclass(frozen=True)
class RunTimeValue:
    """A field whose value is known only when the execution runs; `source` is its expression or path."""

    source: str


@dataclass(frozen=True)
class NestedState:
    """A state, its name (unique in the whole definition) and its query language."""

    name: str
    state: Mapping[str, object]
    language: QueryLanguage

    @property
    def resource(self) -> str:
        """A Task's Resource, "" for other states."""
        return str(self.state.get("Resource", ""))

    @property
    def is_distributed_map(self) -> bool:
        """Whether the state starts child executions of its own machine."""
        return self._processor_config.get("Mode") == "DISTRIBUTED"

    @property
    def has_express_children(self) -> bool:
        return self._processor_config.get("ExecutionType") == EXPRESS

    @property
    def arguments(self) -> object:
        """The Task's arguments, unevaluated; None if it has none."""
        return self._arguments(self.state)

    def argument(self, field: str) -> object:
        """One field of the Task's arguments, a RunTimeValue if only the run knows it, None if it is missing."""
        return member(self.arguments, field)

    def argument_names(self, *, data: frozenset[str] = frozenset()) -> list[str]:
        """The names of the Task's arguments at any depth, without `.$`, as far as the definition shows them.

        The names inside the arguments `data` are left out.
        """
        return list(_names(self.arguments, data))

    def nested_argument(self, part: str, field: str) -> object:
        """One field of an ItemReader's or ResultWriter's arguments, as `argument` gives it."""
        return member(self.arguments_of(part), field)

    def arguments_of(self, part: str) -> object:
        """An ItemReader's or ResultWriter's arguments, unevaluated; None if it has none."""
        return self._arguments(object_in(self.state, part))

    @property
    def _processor_config(self) -> Mapping[str, object]:
        processor = object_in(self.state, "ItemProcessor") or object_in(self.state, "Iterator")  # AWS takes both
        return object_in(processor, "ProcessorConfig")

    def _arguments(self, holder: Mapping[str, object]) -> object:
        return holder.get("Arguments" if self.language == "JSONata" else "Parameters")


def object_in(holder: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object in a field, an empty one if the field is missing. `nested_states` has checked that it is one."""
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _names(template: object, data: frozenset[str]) -> Iterator[str]:
    if isinstance(template, Mapping):
        for name, value in template.items():
            plain = str(name).removesuffix(".$")
            yield plain
            if plain not in data:
                yield from _names(value, data)
    elif isinstance(template, list):
        for value in template:
            yield from _names(value, data)


def member(template: object, field: str) -> object:
    """One field of a payload template, a RunTimeValue if only the run knows it, None if it is missing."""
    if isinstance(template, str) and is_expression(template):
        return RunTimeValue(template)
    if not isinstance(template, Mapping):
        return None
    if f"{field}.$" in template:
        return RunTimeValue(str(template[f"{field}.$"]))
    value = template.get(field)
    return RunTimeValue(value) if isinstance(value, str) and is_expression(value) else value


def nested_states(definition: Mapping[str, object]) -> Iterator[NestedState]:
    """Every state, outermost first.

    Raises DefinitionError if a workflow has no states, two states have the same name, or a type or field is unknown.
    """
    if not isinstance(definition, Mapping):
        raise DefinitionError(["the definition must be an object"])
    language = definition.get("QueryLanguage", "JSONPath")
    names: set[str] = set()
    for state in _states(definition, "JSONata" if language == "JSONata" else "JSONPath", "the definition"):
        if state.name in names:
            raise DefinitionError([f"{state.name}: another state has the same name; rename one of the two"])
        names.add(state.name)
        yield state


def _states(workflow: Mapping[str, object], language: QueryLanguage, where: str) -> Iterator[NestedState]:
    states = workflow.get("States")
    if not isinstance(states, Mapping):
        raise DefinitionError([f"{where} has no States; write at least one state"])
    for name, state in states.items():
        if not isinstance(state, Mapping):
            raise DefinitionError([f"{where}.States.{name} must be an object"])
        path = f"{where}.States.{name}"
        _check_types(state, path)
        own: QueryLanguage = "JSONata" if state.get("QueryLanguage", language) == "JSONata" else "JSONPath"
        yield NestedState(name, state, own)
        branches = state.get("Branches") or ()
        inner = [(f"{path}.Branches[{number}]", branch) for number, branch in enumerate(branches)]
        inner += [(f"{path}.{field}", state[field]) for field in ("ItemProcessor", "Iterator") if state.get(field)]
        for inner_path, inner_workflow in inner:
            yield from _states(inner_workflow, language, inner_path)


# The fields of a state that are objects, with the fields of those that are objects too.
_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "ItemProcessor": ("ProcessorConfig",),
    "Iterator": ("ProcessorConfig",),
    "ItemReader": ("ReaderConfig",),
    "ResultWriter": ("WriterConfig",),
}


def _check_types(state: Mapping[str, object], path: str) -> None:
    """Raise DefinitionError for a field that is unknown or not of its type, if permissions follow from it."""
    branches = state.get("Branches") or []
    if not isinstance(branches, list) or not all(isinstance(branch, Mapping) for branch in branches):
        raise DefinitionError([f"{path}.Branches must be an array of objects"])
    for field, inner_fields in _OBJECTS.items():
        value = state.get(field)
        if value is None:
            continue
        if not isinstance(value, Mapping):
            raise DefinitionError([f"{path}.{field} must be an object"])
        for inner in inner_fields:
            if value.get(inner) is not None and not isinstance(value[inner], Mapping):
                raise DefinitionError([f"{path}.{field}.{inner} must be an object"])
    if not isinstance(state.get("Resource", ""), str):
        raise DefinitionError([f"{path}.Resource must be text"])
    if errors := list(field_errors(state, path)):
        raise DefinitionError(errors)
