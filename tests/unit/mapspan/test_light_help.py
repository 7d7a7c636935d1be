"""Help and completion import nothing that only a running command needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from mapspan.checkout import ROOT
from mapspan.main import commands

# AWS's client, settings, terraform's side, Node's side, and what draws tables.
HEAVY = {"boto3", "botocore", "cdktf", "constructs", "jsii", "pyarrow", "pydantic", "rich", "yaml", "packaging"}
OURS = {"environments.environment", "local_cloud", "mapspan.deployment", "mapspan.deploying.terraform"}

PANELS = {
    "Job": ["new", "try"],
    "Deploy": ["bootstrap", "review", "deploy", "drift", "permissions", "verify-definition", "check-access"],
    "Run": ["estimate", "run", "watch", "stop", "retry", "redrive"],
    "Results": ["list", "report", "logs", "explain", "results"],
    "Local": ["demo", "local"],
}

PROGRAM = """
import json, sys
from pathlib import Path
from mapspan.main import app
out = Path(sys.argv.pop(1))
sys.argv[0] = "mapspan"
try:
    app()
except SystemExit as ended:
    out.write_text(json.dumps({"code": ended.code, "modules": sorted(sys.modules)}))
"""


def started(tmp_path: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> tuple[str, set[str]]:
    """What `mapspan` prints, and the modules that it has imported at its end."""
    report = tmp_path / "report.json"
    done = subprocess.run(  # noqa: S603 - this interpreter, our own code
        [sys.executable, "-c", PROGRAM, str(report), *arguments],
        cwd=ROOT,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    ended = json.loads(report.read_text())
    assert ended["code"] == 0, done.stderr
    return done.stdout, set(ended["modules"])


def names(group: TyperGroup) -> list[list[str]]:
    """The words of each command."""
    return [
        [name, *rest]
        for name, command in group.commands.items()
        for rest in (names(command) if isinstance(command, TyperGroup) else [[]])
    ]


def test_the_help_lists_every_command_in_its_panel_and_imports_no_heavy_module(tmp_path: Path) -> None:
    output, modules = started(tmp_path, "--help")
    listed: dict[str, list[str]] = {}
    for line in output.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            listed[line.rstrip(":")] = []
        elif line.startswith("  ") and line[2] not in " -" and listed:
            list(listed.values())[-1].append(line.split()[0])
    assert list(listed.items())[1:] == list(PANELS.items())
    assert modules & (HEAVY | OURS) == set()


@pytest.mark.parametrize("words", names(typer.main.get_group(commands)), ids=" ".join)
def test_the_help_of_a_command_imports_no_heavy_module(tmp_path: Path, words: list[str]) -> None:
    output, modules = started(tmp_path, *words, "--help")
    assert output.startswith(f"Usage: mapspan {' '.join(words)} [OPTIONS]")
    assert modules & (HEAVY | OURS) == set()


def completed(tmp_path: Path, words: str, **variables: str) -> tuple[list[str], set[str]]:
    """What bash is offered for the last word, and the modules that were imported for it."""
    typed = {"_MAPSPAN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    output, modules = started(tmp_path, variables={**typed, **variables})
    return output.split(), modules


def test_completing_a_command_imports_no_heavy_module(tmp_path: Path) -> None:
    offered, modules = completed(tmp_path, "mapspan r")
    assert offered == ["review", "run", "retry", "redrive", "report", "results"]
    assert modules & (HEAVY | OURS) == set()


def test_completing_an_environment_imports_no_client_of_aws(tmp_path: Path) -> None:
    offered, modules = completed(tmp_path, "mapspan watch pro")
    assert offered == ["prod"]
    assert modules & (HEAVY | OURS) == {"pydantic"}, "with which typer itself converts the arguments"


@pytest.mark.parametrize("words", ["watch prod j", "stop prod j", "retry prod j", "redrive prod j", "report prod j"])
def test_completing_a_run_reads_the_names_seen_and_imports_no_client_of_aws(tmp_path: Path, words: str) -> None:
    (tmp_path / "mapspan").mkdir()
    (tmp_path / "mapspan" / "runs.json").write_text(json.dumps({"prod": ["june", "may", "january"], "dev": ["july"]}))
    offered, modules = completed(tmp_path, f"mapspan {words}", XDG_CACHE_HOME=str(tmp_path))
    assert offered == ["june", "january"]
    assert modules & (HEAVY | OURS) == {"pydantic"}, "with which typer itself converts the arguments"


def test_completing_the_run_of_an_estimate_reads_the_names_seen(tmp_path: Path) -> None:
    (tmp_path / "mapspan").mkdir()
    (tmp_path / "mapspan" / "runs.json").write_text('{"prod": ["january"]}')
    offered, _ = completed(tmp_path, "mapspan estimate prod --from j", XDG_CACHE_HOME=str(tmp_path))
    assert offered == ["january"]
