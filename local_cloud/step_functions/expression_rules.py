"""What Step Functions refuses in the expressions of a definition, before anything runs."""

from collections.abc import Iterator
from typing import Any

import jsonata  # type: ignore[import-untyped] # it has no stubs

# The fields of a state whose text is never an expression, or whose expressions belong to other states, to rules or to
# catchers.
_NOT_EVALUATED = frozenset(
    {
        "Type",
        "Comment",
        "QueryLanguage",
        "Next",
        "Default",
        "End",
        "Resource",
        "Label",
        "Retry",
        "Catch",
        "Choices",
        "Branches",
        "ItemProcessor",
        "Condition",
        "ErrorEquals",
    }
)


def expression_problems(state: dict[str, Any], path: str) -> Iterator[str]:
    """The problems of a state's own expressions, with their codes. `path` is the state's, such as `/States/S`."""
    yield from _field_problems(state, path)
    for index, rule in enumerate(state.get("Choices", [])):
        where = f"{path}/Choices[{index}]"
        yield from _problems(rule.get("Condition"), f"{where}/Condition")
        yield from _field_problems(rule, where)
    for index, catcher in enumerate(state.get("Catch", [])):
        yield from _field_problems(catcher, f"{path}/Catch[{index}]")


def _field_problems(fields: dict[str, Any], path: str) -> Iterator[str]:
    for name, template in fields.items():
        if name not in _NOT_EVALUATED:
            yield from _problems(template, f"{path}/{name}")


def _problems(template: Any, path: str) -> Iterator[str]:
    if isinstance(template, dict):
        for name, value in template.items():
            if name != "CSVHeaders":
                yield from _problems(value, f"{path}/{name}")
    elif isinstance(template, list):
        for index, value in enumerate(template):
            yield from _problems(value, f"{path}[{index}]")
    elif isinstance(template, str) and template.startswith("{%") and template.endswith("%}"):
        yield from _code_problems(template[2:-2].strip(), path)


def _code_problems(code: str, path: str) -> Iterator[str]:
    try:
        tree = jsonata.Jsonata(code).ast
    except jsonata.JException as error:
        yield f"INVALID_JSONATA_EXPRESSION: {error} at {path}"
        return
    for name in dict.fromkeys(_context_references(tree)):
        yield f"UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{name}' at the top level is not supported. at {path}"
    if any(node.type == "variable" and node.value == "eval" for node in _nodes(tree)):
        # AWS leaves $eval out of JSONata. That it is refused this early was not recorded, only that it never works.
        yield f"UNSUPPORTED_JSONATA_EXPRESSION: The function $eval is not supported; use $parse. at {path}"


def _context_references(node: Any) -> Iterator[str]:
    """What an expression reads of its context, which is empty: bare names, `$` and `$$`.

    Only the first step of a path reads the context: later steps, filters and sort terms read what came before them.
    The body of a function reads the context of where it is written.
    """
    if node is None:
        return
    if node.type == "path":
        yield from _context_references(node.steps[0])
    elif node.type == "name":
        yield str(node.value)
    elif node.type == "variable":
        if node.value in {"", "$"}:
            yield f"${node.value}"
    elif node.type not in {"transform", "descendant", "wildcard", "parent"}:
        for child in _children(node):
            yield from _context_references(child)


def _children(node: Any) -> Iterator[Any]:
    """The parts of an expression that are evaluated in its own context."""
    for name in ("lhs", "rhs", "expression", "procedure", "body", "condition", "then", "_else"):
        yield getattr(node, name, None)
    yield from getattr(node, "expressions", None) or ()
    if node.type != "lambda":  # its arguments are the names of its parameters
        yield from getattr(node, "arguments", None) or ()
    for pair in getattr(node, "lhs_object", None) or ():
        yield from pair


def _nodes(value: Any) -> Iterator[Any]:
    """Every part of an expression."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, jsonata.Parser.Symbol):
        yield value
        for name, inner in vars(value).items():
            if name != "_outer_instance":
                yield from _nodes(inner)
