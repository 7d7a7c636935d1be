"""`mapspan check-access`: which grants are missing in the source account."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName, Json
from mapspan.outside_text import visible, visible_lines
from mapspan.source_access.access_check import AccessCheck

_MARKS = {"allowed": "✓", "missing": "✗", "unknown": "?", "warning": "!"}


def check_access_command(
    environment_name: EnvironmentName,
    key: Annotated[str | None, typer.Option(help="An object to read, if listing finds none.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Try every call that a run makes in the source account, and show which grants are missing.

    The deployed functions try the calls with their own roles. They write nothing, and read one byte of an object.
    Exit codes: 0 no grant is missing, 1 a grant is missing.
    """
    from mapspan.deployment import find_deployment
    from mapspan.source_access.check_access import check_access

    deployment = find_deployment(environment_name)
    checks = check_access(deployment, key=key)
    for check in checks:
        typer.echo(json.dumps(asdict(check)) if as_json else _line(check))
    missing = sum(check.verdict == "missing" for check in checks)
    if missing:
        if not as_json:
            source = deployment.environment.source
            handover = source.bucket_policy == "handover"
            hint = f": its owner applies cdktf.out/handover/{environment_name}" if handover else ""
            typer.echo(f"{missing} missing in account {source.account_id}{hint}")
        raise typer.Exit(1)


def _line(check: AccessCheck) -> str:
    detail = f"\n    {visible_lines(check.detail, indent=4)}" if check.detail else ""
    return f"{_MARKS[check.verdict]} {check.verdict:8} {check.call} {visible(check.resource)} ({check.role}){detail}"
