"""`mapspan permissions`: the role of a state machine, from its definition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mapspan.checkout import CommandError
from mapspan.deploying.policy_formats import PolicyFormat, inline_length, written
from mapspan.outside_text import visible_lines


def permissions_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A definition, in JSON or YAML.")],
    *,
    name: Annotated[
        str | None, typer.Option(help="The machine's name. Only needed if a statement names the machine.")
    ] = None,
    account_id: Annotated[
        str | None, typer.Option(help="The machine's account. By default, the one in the definition's ARNs.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="The machine's Region. By default, the one in the definition's ARNs.")
    ] = None,
    substitute: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='The values of the placeholders ${Name}, in JSON or YAML: {"Name": "…"}.'),
    ] = None,
    bounds: Annotated[
        list[str] | None,
        typer.Option(
            metavar="JSON",
            help='What a value that only the run knows can be, {"STATE": {"FIELD": "VALUE"}}; for a key or a prefix, '
            "what it begins with. May be repeated.",
        ),
    ] = None,
    kms_keys: Annotated[
        str | None, typer.Option(metavar="JSON", help='The KMS keys of buckets, {"BUCKET": "KEY ARN"}.')
    ] = None,
    explicit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATE=FILE",
            help="A policy document with the statements of a state, for which nothing is derived. May be repeated.",
        ),
    ] = None,
    policy_format: Annotated[
        PolicyFormat,
        typer.Option(
            "--format",
            help="One policy document, one for each need, Terraform in HCL or JSON, or the statements by need.",
        ),
    ] = PolicyFormat.POLICY,
    logging: Annotated[bool, typer.Option(help="Whether the machine writes logs.")] = True,
    tracing: Annotated[bool, typer.Option(help="Whether the machine writes traces.")] = True,
) -> None:
    """Print the IAM statements that a state machine's role needs, each on the narrowest resource.

    They follow from every state of the definition, at any depth. Nothing is called. What can't be derived is an error
    that names the option to pass; the other statements are printed all the same. Exit codes: 0 everything is
    derived, 1 something is missing.
    """
    from mapspan.deploying.cloudformation_stack import ROLE_POLICIES_LENGTH
    from mapspan.deploying.file_permissions import Options, file_permissions
    from mapspan.deploying.permission_options import (
        check_place,
        read_bounds,
        read_explicit,
        read_kms_keys,
        read_substitutions,
    )
    from modules.asl.definition_file import PlaceholdersError, read_definition
    from modules.asl.query_language import DefinitionError

    check_place(name=name, account_id=account_id, region=region)
    options = Options(
        name=name,
        account_id=account_id,
        region=region,
        bounds=read_bounds(bounds or []),
        kms_keys=read_kms_keys(kms_keys),
        explicit=read_explicit(explicit or []),
        logging=logging,
        tracing=tracing,
    )
    substitutions = read_substitutions(substitute)
    try:
        permissions = file_permissions(read_definition(file, substitutions), options)
    except PlaceholdersError as error:
        values = json.dumps(dict.fromkeys(error.names, "…"), ensure_ascii=False)
        raise CommandError(f"{file}: {error}; write {values} to a file, and pass --substitute FILE") from error
    except DefinitionError as error:
        raise CommandError(f"{file}: {error}") from error
    typer.echo(written(permissions.derived, policy_format), nl=False)
    for gap in permissions.gaps:
        typer.echo(visible_lines(f"mapspan: {file}: {gap.for_command()}"), err=True)
    length = inline_length(permissions.derived)
    if length > ROLE_POLICIES_LENGTH:
        limit = f"more than the {ROLE_POLICIES_LENGTH:,} of a role's inline policies: attach them as managed policies"
        typer.echo(f"mapspan: {file}: the policies have {length:,} characters, {limit}", err=True)
    if permissions.gaps:
        raise typer.Exit(1)
