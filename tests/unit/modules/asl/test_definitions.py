"""Each definition in definitions/ needs exactly the statements in its file NAME.statements.txt.

`GOLDEN=write pytest` writes these files again; read the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mapspan.deploying.file_permissions import Options, file_permissions
from mapspan.deploying.permission_options import read_explicit
from modules.asl.definition_file import read_definition
from modules.asl.statement import Statement

HERE = Path(__file__).parent / "definitions"
FILES = sorted(HERE.glob("*.asl.*"))


def name(file: Path) -> str:
    return file.name.split(".")[0]


def line(need: str, statement: Statement) -> str:
    """A statement in one line: its need and Sid, its actions, its resources, its condition."""
    parts = [f"{need}/{statement['Sid']}", " ".join(statement["Action"]), "on", " ".join(statement["Resource"])]
    condition = statement.get("Condition")
    return " ".join([*parts, *(["if", json.dumps(condition)] if condition else [])])


def derived_lines(file: Path, tmp_path: Path) -> list[str]:
    options_file = HERE / f"{name(file)}.options.json"
    options: dict[str, Any] = json.loads(options_file.read_text()) if options_file.exists() else {}
    substitutions = options.pop("substitute", {})
    policies = []
    for state, document in options.pop("explicit", {}).items():
        policy = tmp_path / f"{state}.json"
        policy.write_text(json.dumps(document))
        policies.append(f"{state}={policy}")
    permissions = file_permissions(
        read_definition(file, substitutions),
        Options(**options, explicit=read_explicit(policies), logging=False, tracing=False),
    )
    assert [gap.for_command() for gap in permissions.gaps] == []
    return [line(need, statement) for need, statements in permissions.derived.items() for statement in statements]


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_definition_needs_exactly_these_statements(file: Path, tmp_path: Path) -> None:
    expected = HERE / f"{name(file)}.statements.txt"
    lines = derived_lines(file, tmp_path)
    if os.environ.get("GOLDEN") == "write":
        expected.write_text("\n".join([*lines, ""]))
    assert lines == expected.read_text().splitlines()
    assert not [text for text in lines if "${" in text]


def test_there_are_at_least_twenty_definitions() -> None:
    assert len(FILES) >= 20
