"""`mapspan drift`: whether the environment's file and the code describe what is deployed."""

from __future__ import annotations

import typer

from mapspan.arguments import EnvironmentName
from mapspan.review.options import FormatOption, OutputOption

DRIFTED = 4


def drift_command(
    environment_name: EnvironmentName,
    *,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Show what a deploy would change now: manual changes in AWS, and settings or code not yet deployed.

    A reviewed plan that waits to be applied is kept. This plan is whole and refreshed: TF_CLI_ARGS is ignored.

    Exit codes: 0 nothing would change, 1 an error, with the reason on stderr, 2 the command line is wrong, 4 the
    environment has drifted, and the review shows how.
    """
    from mapspan.deploying.drift import show_drift

    if show_drift(environment_name, form, output):
        raise typer.Exit(DRIFTED)
