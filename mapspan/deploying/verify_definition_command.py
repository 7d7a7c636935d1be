"""`mapspan verify-definition`: AWS's own checks of the state machine's definition, with nothing deployed."""

from __future__ import annotations

import typer

from mapspan.arguments import EnvironmentName, Json


def verify_definition_command(environment_name: EnvironmentName, *, as_json: Json = False) -> None:
    """Let AWS check the state machine's definition before anything is deployed.

    Calls ValidateStateMachineDefinition, then TestState for each state, with mocked answers and one a second. Uses
    your own credentials, which need both permissions. Nothing is deployed or invoked. The local cloud has only the
    first call, and the output says so. Exit codes: 0 no check failed, 1 a check failed.
    """
    from mapspan.deploying.verified_definition import verify_definition

    if not verify_definition(environment_name, as_json=as_json):
        raise typer.Exit(1)
