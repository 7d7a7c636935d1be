"""docs/cli.md: the help of every command, as plain text of a fixed width."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from typer.core import TyperCommand, TyperGroup

from mapspan.main import HELP_WIDTH, commands

INTRODUCTION = """\
# Command line

<!-- Written by `make docs` from the commands' help in mapspan/: edit it there. -->

What each command prints with `--help`, without colours and boxes.

All commands follow the same rules:

- An error is on stderr. It says what is wrong, where, and what to do next.
- The exit code is 0 if the command succeeded, 1 after an error, 2 if the command line is wrong, 130 after Ctrl-C and
  143 after SIGTERM. The help of a command lists its other exit codes.
- With `--json`, each line on stdout is one JSON object.
"""


def cli_page() -> str:
    """The whole page, in Markdown."""
    sections = [INTRODUCTION]
    panel = None
    for name, command in _commands(typer.main.get_group(commands), "mapspan"):
        if command.rich_help_panel != panel:
            panel = command.rich_help_panel
            sections.append(f"## {panel}\n")
        sections.append(f"### `{name}`\n\n```text\n{_help(name, command)}\n```\n")
    return "\n".join(sections)


def _commands(group: TyperGroup, path: str) -> Iterator[tuple[str, TyperCommand]]:
    """Each command with its full name. The commands of a group are in the panel of the group."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            for inner_name, inner in _commands(command, f"{path} {name}"):
                inner.rich_help_panel = command.rich_help_panel
                yield inner_name, inner
        elif isinstance(command, TyperCommand):
            yield f"{path} {name}", command


def _help(name: str, command: TyperCommand) -> str:
    """The help of a terminal that is wide enough."""
    context = typer.Context(command, info_name=name, terminal_width=HELP_WIDTH, max_content_width=HELP_WIDTH)
    return command.get_help(context)
