"""AWS's own checks of an environment's definition, shown as they are made."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from mapspan.checkout import synthesize
from mapspan.deploying.definition_checks import DefinitionCheck, definition_checks
from mapspan.deployment import Deployment, find_deployment
from modules.asl.nested_states import nested_states
from modules.terraform_template import read_literal

_MARKS = {"passed": "✓", "warning": "!", "failed": "✗", "missing": "?"}


def verify_definition(environment_name: str, *, as_json: bool) -> bool:
    """Show every check of the synthesized definition, and return whether none failed."""
    deployment = find_deployment(environment_name)
    definition = synthesized_definition(environment_name)
    checks = definition_checks(deployment.step_functions(), definition)
    states = sum(1 for _ in nested_states(definition))
    made = []
    for check in _with_progress(checks, states, Console(stderr=True)):
        made.append(check)
        typer.echo(json.dumps(asdict(check)) if as_json else _line(check))
    if not as_json:
        typer.echo(_summary(deployment, made))
    return all(check.verdict != "failed" for check in made)


def synthesized_definition(environment_name: str) -> dict[str, Any]:
    """The definition in the environment's stack, as a deploy would pass it to AWS."""
    with tempfile.TemporaryDirectory() as directory:
        synthesize(Path(directory))
        stack = json.loads((Path(directory) / "stacks" / environment_name / "cdk.tf.json").read_text(encoding="utf-8"))
    (machine,) = stack["resource"]["aws_sfn_state_machine"].values()
    definition: dict[str, Any] = read_literal(machine["definition"])
    return definition


def _with_progress(checks: Iterator[DefinitionCheck], states: int, console: Console) -> Iterator[DefinitionCheck]:
    """The checks as they are made, with a bar below them on a terminal."""
    if not console.is_terminal:
        yield from checks
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("testing states", total=states)
        for check in checks:
            yield check
            progress.advance(task, 1 if check.state else 0)


def _line(check: DefinitionCheck) -> str:
    name = f"{check.call} {check.state}" if check.state else check.call
    return f"{_MARKS[check.verdict]} {check.verdict:8} {name}" + (f"\n    {check.detail}" if check.detail else "")


def _summary(deployment: Deployment, checks: list[DefinitionCheck]) -> str:
    name, verdicts = deployment.environment.name, Counter(check.verdict for check in checks)
    if verdicts["failed"]:
        return f"the definition of {name} is wrong: {verdicts['failed']} of {len(checks)} checks failed"
    if missing := [check.call for check in checks if check.verdict == "missing"]:
        where = "the local cloud" if deployment.local_cloud_url else f"AWS in {deployment.environment.region}"
        return f"{where} does not have {' and '.join(missing)}: these checks were not made"
    return f"AWS accepts the definition of {name}: {verdicts['passed']} checks passed"
