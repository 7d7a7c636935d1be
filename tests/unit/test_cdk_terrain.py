"""The move to CDK Terrain stays three search-and-replace expressions."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.cdktn.comparison import differences
from tests.cdktn.moves import MOVES, moved

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cdk-terrain.md"


def python_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607 # git, wherever it is
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def imports_of_cdktf(source: str) -> list[str]:
    """The modules of CDKTF's packages that the source imports."""
    if "cdktf" not in source:
        return []
    imported: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported.append(node.module or "")
    return [name for name in imported if name.startswith("cdktf")]


def escapes(source: str) -> list[str]:
    """What the expressions leave of CDKTF in a source that imports it: imports, and uses of the package's name."""
    if not imports_of_cdktf(source):
        return []
    nodes = ast.walk(ast.parse(moved(source)))
    names = [f"{node.id} in line {node.lineno}" for node in nodes if isinstance(node, ast.Name) and node.id == "cdktf"]
    return [*imports_of_cdktf(moved(source)), *names]


def test_three_expressions_move_every_use_of_cdktf() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in python_files()}
    assert any(imports_of_cdktf(source) for source in sources.values()), "modules/ uses CDKTF"
    left = {str(path.relative_to(ROOT)): names for path, source in sources.items() if (names := escapes(source))}
    assert not left, f"import cdktf so that tests/cdktn/moves.py finds it: {left}"


@pytest.mark.parametrize("escaping", ["import os, cdktf", "import cdktf\ntool = cdktf", "import cdktf_other"])
def test_a_use_that_escapes_the_expressions_is_seen(escaping: str) -> None:
    assert escapes(escaping)


def test_file_names_stay_as_they_are() -> None:
    assert moved('outdir / "cdktf.out" / "cdktf.json"') == 'outdir / "cdktf.out" / "cdktf.json"'


def test_the_page_has_the_expressions_as_they_are() -> None:
    rows = re.findall(r"^ *\| `(.+)` \| `(.+)` \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [(pattern.replace(r"\|", "|"), replacement) for pattern, replacement in rows] == list(MOVES)


def stack(directory: Path, version: str, resource: str) -> None:
    """The synthesized stack `prod` of a tool and an AWS provider of that version."""
    document = {
        "//": {"metadata": {"version": version}},
        "terraform": {"required_providers": {"aws": {"version": version, "source": version}}},
        "resource": {"a": resource},
    }
    path = directory / "stacks" / "prod" / "cdk.tf.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(("resource", "differing"), [("same", []), ("another", ["prod"])])
def test_stacks_may_differ_in_versions_alone(tmp_path: Path, resource: str, differing: list[str]) -> None:
    stack(tmp_path / "ours", "5", "same")
    stack(tmp_path / "theirs", "6", resource)
    assert differences(tmp_path / "ours", tmp_path / "theirs") == differing


def test_a_stack_that_only_one_has_is_a_difference(tmp_path: Path) -> None:
    stack(tmp_path / "ours", "5", "same")
    assert differences(tmp_path / "ours", tmp_path / "theirs") == ["prod"]
