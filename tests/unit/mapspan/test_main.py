"""The command line's front: the version, the panels, and examples that are valid commands."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from importlib.metadata import version

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from mapspan.main import commands

GROUP = typer.main.get_group(commands)


def leaves(group: TyperGroup) -> Iterator[TyperCommand]:
    for command in group.commands.values():
        if isinstance(command, TyperGroup):
            yield from leaves(command)
        elif isinstance(command, TyperCommand):
            yield command


def examples(command: TyperCommand) -> list[str]:
    """The command lines of its examples, those of cdktf aside."""
    lines = (command.epilog or "").splitlines()[1:]
    parts = [part.strip() for line in lines for part in line.split("&&")]
    return [part for part in parts if part.startswith("mapspan ")]


def test_the_version_is_the_one_of_the_package() -> None:
    done = CliRunner().invoke(commands, ["--version"])
    assert (done.exit_code, done.output) == (0, f"mapspan {version('mapspan')}\n")


def test_every_command_is_in_a_panel() -> None:
    panels = {getattr(command, "rich_help_panel", None) for command in GROUP.commands.values()}
    assert panels == {"Job", "Deploy", "Run", "Results", "Local"}


@pytest.mark.parametrize("command", list(leaves(GROUP)), ids=lambda command: command.callback.__name__)
def test_every_command_has_an_example(command: TyperCommand) -> None:
    assert examples(command)


@pytest.mark.parametrize("example", [line for command in leaves(GROUP) for line in examples(command)])
def test_an_example_is_a_valid_command(example: str) -> None:
    arguments = shlex.split(example)[1:]
    context, group = typer.Context(GROUP), GROUP
    while True:
        name, command, arguments = group.resolve_command(context, arguments)
        assert name is not None
        assert command is not None
        if not isinstance(command, TyperGroup):
            break
        group = command
    command.make_context(name, arguments, parent=context)  # raises a usage error for an unknown option


def test_the_help_does_not_depend_on_which_environments_exist() -> None:
    for name in ("run", "estimate", "drift"):
        text = CliRunner().invoke(commands, [name, "--help"]).output
        assert "staging" not in text
