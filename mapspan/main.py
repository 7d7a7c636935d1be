"""The command line `mapspan`: its commands in panels, with an example of each, and how errors end it."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from mapspan.checkout import CommandError
from mapspan.costs.estimate_command import estimate_command
from mapspan.deploying.bootstrap_command import bootstrap_command
from mapspan.deploying.deploy_command import deploy_command
from mapspan.deploying.drift_command import drift_command
from mapspan.deploying.permissions_command import permissions_command
from mapspan.deploying.verify_definition_command import verify_definition_command
from mapspan.jobs.new_command import new_command
from mapspan.jobs.try_command import try_command
from mapspan.local.demo_command import demo_command
from mapspan.local.local_commands import local_start_command, local_status_command, local_stop_command
from mapspan.outside_text import visible_lines
from mapspan.results.keys.explain_command import explain_command
from mapspan.results.keys.logs_command import logs_command
from mapspan.results.report_command import report_command
from mapspan.results.results_command import results_command
from mapspan.review.review_command import review_command
from mapspan.running.list_command import list_command
from mapspan.running.redrive_command import redrive_command
from mapspan.running.retry_command import retry_command
from mapspan.running.run_command import run_command
from mapspan.running.stop_command import stop_command
from mapspan.running.watch_command import watch_command
from mapspan.source_access.check_access_command import check_access_command
from modules.jobs.job_error import JobError

HELP_WIDTH = 100  # columns, on a terminal that has them


class _Panels(TyperGroup):
    """A group that lists its commands by panel in plain text: importing rich would take most of the help's time."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer keeps the types' names private
        panels: dict[str, list[tuple[str, str]]] = {}
        width = max(map(len, self.commands))
        for name, command in self.commands.items():
            assert isinstance(command, (TyperCommand, TyperGroup))  # noqa: S101 - typer creates no others
            summary = (command.help or "").partition("\n\n")[0]
            panels.setdefault(command.rich_help_panel or "Commands", []).append((name.ljust(width), summary))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)

    def get_params(self, ctx: Any) -> Any:
        """The options, with False as the default of typer's own: to convert a None, typer would import pydantic."""
        parameters = super().get_params(ctx)
        for parameter in parameters:
            if parameter.default is None and getattr(parameter, "is_flag", False):
                parameter.default = False
        return parameters


commands = typer.Typer(
    cls=_Panels,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": HELP_WIDTH},
)
local = typer.Typer(cls=_Panels, no_args_is_help=True, rich_markup_mode=None)


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version  # noqa: PLC0415 - it takes a tenth of the help's time

        typer.echo(f"mapspan {version('mapspan')}")
        raise typer.Exit


@commands.callback()
def _mapspan(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Process every object of an S3 bucket in another AWS account."""


@local.callback()
def _local() -> None:
    """Two local AWS accounts on loopback that enforce IAM and keep running until you stop them."""


def _add(group: typer.Typer, panel: str | None, name: str, command: Callable[..., None], *examples: str) -> None:
    """Register a command in a panel of `--help`; its own help is its docstring, and ends with the examples."""
    title = "Example:" if len(examples) == 1 else "Examples:"
    # With a first line that is \b, typer keeps the lines of the others.
    epilog = "\n".join(["\b", title, *(f"  {example}" for example in examples)])
    group.command(name, rich_help_panel=panel, epilog=epilog)(command)


_add(commands, "Job", "new", new_command, "mapspan new order_totals", "mapspan new invoices --from csv_to_parquet")
_add(
    commands,
    "Job",
    "try",
    try_command,
    "mapspan try checksum",
    "mapspan try order_totals orders.csv --output out",
    "mapspan try order_totals --environment dev --sample 20",
    "mapspan try order_totals --tests",
)
_add(
    commands,
    "Deploy",
    "bootstrap",
    bootstrap_command,
    "mapspan bootstrap prod --github acme/data-pipeline",
    "mapspan bootstrap prod --github acme/data-pipeline --apply target",
)
_add(
    commands,
    "Deploy",
    "review",
    review_command,
    "mapspan review prod",
    "mapspan review prod --format markdown --output review.md --picture access.svg",
)
_add(commands, "Deploy", "deploy", deploy_command, "mapspan review prod && mapspan deploy prod")
_add(commands, "Deploy", "drift", drift_command, "mapspan drift prod", "mapspan drift prod --output drift.md")
_add(
    commands,
    "Deploy",
    "permissions",
    permissions_command,
    "mapspan permissions work.asl.json --name work",
    "mapspan permissions work.asl.yaml --substitute values.json --format terraform",
)
_add(commands, "Deploy", "verify-definition", verify_definition_command, "mapspan verify-definition prod")
_add(
    commands,
    "Deploy",
    "check-access",
    check_access_command,
    "mapspan check-access prod",
    "mapspan check-access prod --key 2026/01/orders.csv",
)
_add(
    commands,
    "Run",
    "estimate",
    estimate_command,
    "mapspan estimate prod --objects 10M",
    "mapspan estimate prod --objects 50k --average-size 1.5MB --seconds-per-object 0.2",
)
_add(
    commands,
    "Run",
    "run",
    run_command,
    "mapspan run prod --watch",
    "mapspan run prod --prefix 2026/01/ --name january --max-keys 1000",
)
_add(commands, "Run", "watch", watch_command, "mapspan watch prod", "mapspan watch prod january --json")
_add(commands, "Run", "stop", stop_command, "mapspan stop prod january")
_add(
    commands,
    "Run",
    "retry",
    retry_command,
    "mapspan retry prod january",
    "mapspan retry prod january --error Throttled --error Pending",
)
_add(commands, "Run", "redrive", redrive_command, "mapspan redrive prod january --watch")
_add(
    commands, "Results", "list", list_command, "mapspan list prod", "mapspan list", "mapspan list prod --limit 3 --json"
)
_add(
    commands,
    "Results",
    "report",
    report_command,
    "mapspan report prod january",
    "mapspan report prod january --html report.html",
    "mapspan report prod --last 30 --html morning.html",
)
_add(
    commands, "Results", "logs", logs_command, "mapspan logs prod january", "mapspan logs prod january --key 2026/a.csv"
)
_add(commands, "Results", "explain", explain_command, "mapspan explain prod january 2026/01/orders.csv")
_add(
    commands,
    "Results",
    "results",
    results_command,
    "mapspan results prod january --to results.csv",
    "mapspan results prod january --to failed.jsonl --failed",
)
_add(
    commands,
    "Local",
    "demo",
    demo_command,
    "mapspan demo",
    "mapspan demo --objects 20000 --key-source inventory",
    "mapspan demo --job order_totals --objects 300 --output out",
)
_add(
    local, None, "start", local_start_command, "mapspan local start && cdktf deploy local && mapspan run local --watch"
)
_add(local, None, "status", local_status_command, "mapspan local status")
_add(local, None, "stop", local_stop_command, "mapspan local stop")
commands.add_typer(local, name="local", rich_help_panel="Local")


def app() -> None:
    """Run a command. An expected error is one sentence on stderr and exit code 1; Ctrl-C exits 130, SIGTERM 143."""
    signal.signal(signal.SIGTERM, _terminated)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a stdout that isn't UTF-8 gets `?` for what it can't hold
    try:
        commands()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if (sentence := _sentence(error)) is None:
            raise
        sys.exit(f"mapspan: {sentence}")


def _sentence(error: Exception) -> str | None:
    """An expected error in words; None if the error is a bug.

    Imports the other rooms' errors only after an error: a command that has not needed them has not imported them.
    """
    if isinstance(error, (CommandError, JobError)):
        return visible_lines(str(error))
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from environments.files import SettingsError  # noqa: PLC0415
    from local_cloud.process import LocalCloudError  # noqa: PLC0415
    from mapspan import aws_errors  # noqa: PLC0415

    if isinstance(error, (LocalCloudError, SettingsError)):
        return visible_lines(str(error))
    if isinstance(error, (BotoCoreError, ClientError)):
        return visible_lines(aws_errors.sentence(error))
    return None


def _terminated(number: int, _: FrameType | None) -> NoReturn:
    """Exit as after an error, so that what a command started and wrote is cleaned up."""
    sys.exit(128 + number)
