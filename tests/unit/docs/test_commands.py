"""Every command in the docs exists: `mapspan` with its options, `make` targets, `python -m` modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
import yaml  # type: ignore[import-untyped] # its types are a package of their own
from typer.exceptions import TyperException

from mapspan.checkout import ROOT
from mapspan.main import commands as cli
from tests.unit.docs.pages import WORKFLOW, Page, commands, pages

GROUP: Any = typer.main.get_command(cli)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", pages(), ids=repr)
def test_every_command_of_an_example_can_be_typed(page: Page) -> None:
    typed = [words for line in page.command_lines() for words in commands(line)]
    assert [error for words in typed if (error := problem(words))] == []


@pytest.mark.parametrize("page", pages(), ids=repr)
def test_every_command_in_a_sentence_exists(page: Page) -> None:
    named = [code.split() for code in page.inline_code() if re.match(r"mapspan \S|make [a-z]|python -m \S", code)]
    assert [error for words in named if (error := problem(words, complete=False))] == []


def test_every_command_of_the_workflow_can_be_typed() -> None:
    typed = [words for line in workflow_lines() for words in commands(line)]
    assert [error for words in typed if (error := problem(words))] == []
    assert {words[1] for words in typed if words[0].endswith("mapspan")} == {"review", "deploy", "drift"}


def workflow_lines() -> Iterator[str]:
    """What the GitHub workflow's steps type."""
    jobs = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    for job in jobs.values():
        for step in job["steps"]:
            yield from step.get("run", "").splitlines()


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("mapspan", "is not a command"),
        ("mapspan reveiw dev", "is not a command"),
        ("mapspan local begin", "is not a command"),
        ("mapspan review", "Missing"),
        ("mapspan review dev --outptu review.md", "No such option"),
        ("mapspan list dev --limit ten", "valid integer"),
        ("mapspan list dev prod", "unexpected extra argument"),
        ("make tests", "is not a target"),
        ("python -m modules.asl.permission FILE", "is not a module"),
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str, error: str) -> None:
    assert re.search(error, problem(command.split()) or "", re.IGNORECASE)


def problem(words: list[str], *, complete: bool = True) -> str | None:
    """Why a command can't be typed, or None if it can, or if it isn't ours.

    A command in a sentence needn't be complete: `mapspan run --name`.
    """
    program, *rest = words
    match program.rpartition("/")[2]:
        case "mapspan":
            return mapspan_problem(rest, complete=complete)
        case "make":
            targets = {word for word in rest if "=" not in word}
            return None if targets <= make_targets() else f"{' '.join(words)}: is not a target"
        case "python" if rest[:1] == ["-m"]:
            module = ROOT.joinpath(*rest[1].split("."))
            exists = module.with_suffix(".py").exists() or (module / "__main__.py").exists()
            return None if exists else f"{rest[1]}: is not a module"
    return None


def mapspan_problem(words: list[str], *, complete: bool) -> str | None:
    """Why the command line's own parser refuses these words."""
    command, name = GROUP, "mapspan"
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        name, command, words = f"{name} {words[0]}", command.commands.get(words[0]), words[1:]
    if command is None or (complete and hasattr(command, "commands") and not words):
        return f"{name}: is not a command"
    options = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    if unknown := [word for word in words if word.startswith("-") and word not in options]:
        return f"{name}: No such option: {unknown}"
    if complete and not hasattr(command, "commands"):
        try:
            command.make_context(name, words)
        except TyperException as error:
            return f"{name} {' '.join(words)}: {error}"
    return None


def make_targets() -> set[str]:
    """The Makefile's targets; a floor's is `test-<floor>`."""
    floors = re.search(r"^FLOORS := (.*)$", MAKEFILE, re.MULTILINE)
    assert floors
    named = {target for line in re.findall(r"^([a-z][a-z -]*):", MAKEFILE, re.MULTILINE) for target in line.split()}
    return named | {f"test-{floor}" for floor in floors[1].split()}
