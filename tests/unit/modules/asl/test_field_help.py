"""Each field of a distributed Map, its readers, batcher and writer has a text that an editor shows."""

from __future__ import annotations

import ast
import dataclasses
import inspect

import pytest

from modules.asl import distributed_map, item_batcher, item_reader, result_writer

CLASSES = [
    class_
    for module in (distributed_map, item_batcher, item_reader, result_writer)
    for class_ in vars(module).values()
    if dataclasses.is_dataclass(class_) and isinstance(class_, type) and class_.__module__ == module.__name__
]


def field_texts(class_: type) -> dict[str, str | None]:
    """The text below each field that the class itself declares, None without one.

    Editors show a string that follows a field as its documentation: https://peps.python.org/pep-0257/.
    """
    (tree,) = ast.parse(inspect.getsource(class_)).body
    assert isinstance(tree, ast.ClassDef)
    texts: dict[str, str | None] = {}
    for statement, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            value = following.value if isinstance(following, ast.Expr) else None
            texts[statement.target.id] = str(value.value) if isinstance(value, ast.Constant) else None
    return texts


@pytest.mark.parametrize("class_", CLASSES)
def test_an_editor_shows_what_each_field_means(class_: type) -> None:
    names = {field.name for field in dataclasses.fields(class_)}  # without ClassVars
    missing = [name for name, text in field_texts(class_).items() if name in names and not text]
    assert not missing, f"{class_.__name__}: document these fields below their declaration: {', '.join(missing)}"


@pytest.mark.parametrize("class_", CLASSES)
def test_a_field_with_a_default_says_what_it_is(class_: type) -> None:
    texts = field_texts(class_)
    silent = [
        field.name
        for field in dataclasses.fields(class_)
        if field.name in texts
        and (field.default, field.default_factory) != (dataclasses.MISSING, dataclasses.MISSING)
        and "Default: " not in " ".join((texts[field.name] or "").split())
    ]
    assert not silent, f"{class_.__name__}: say the default of {', '.join(silent)}"
