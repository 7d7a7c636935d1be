"""`mapspan check-access`: what the source account still has to grant."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, Json
from mapspan.deployment import find_deployment
from mapspan.source_access.access import check_access

_MARKS = {"allowed": "✓", "missing": "✗", "unknown": "?", "warning": "!"}


def check_access_command(
    environment: EnvironmentName,
    key: Annotated[str | None, typer.Option(help="An object to read, where listing finds none.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Try every call that a run makes in the source account, and say which grant is missing.

    The deployed functions try, with their own roles: nothing is written, one byte of an object is read.
    Exit code: 0 nothing is missing, 1 something is.
    """
    deployment = find_deployment(environment)
    tried = check_access(deployment, key=key)
    for access in tried:
        if as_json:
            typer.echo(json.dumps(asdict(access)))
        else:
            said = f"\n    {access.detail}" if access.detail else ""
            mark = _MARKS[access.verdict]
            typer.echo(f"{mark} {access.verdict:8} {access.call} {access.resource} ({access.role}){said}")
    missing = sum(access.verdict == "missing" for access in tried)
    if missing:
        if not as_json:
            source = deployment.environment.source
            how = {"handover": f"; what to apply there lies in cdktf.out/handover/{environment}"}
            typer.echo(f"{missing} missing in account {source.account_id}{how.get(source.bucket_policy, '')}")
        raise typer.Exit(1)
