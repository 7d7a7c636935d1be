"""`mapspan bootstrap`: write the templates of the deploy roles and the state bucket, and apply them if asked to."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT


class Part(StrEnum):
    """What can be applied: the `part` of a `CloudFormationStack`."""

    state = "state"
    target = "target"
    source = "source"


def bootstrap_command(
    environment_name: EnvironmentName,
    *,
    trust: Annotated[
        list[str] | None,
        typer.Option(metavar="ARN", help="A role or user that may assume the target account's roles; repeatable."),
    ] = None,
    trust_source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ARN",
            help="A role or user that may also assume the source account's roles directly; repeatable. The target"
            " account's roles may in any case.",
        ),
    ] = None,
    allow_account: Annotated[
        bool,
        typer.Option(
            "--allow-account",
            help="Accept the root of an account in --trust: every principal there that its own policies allow.",
        ),
    ] = False,
    github: Annotated[
        str | None,
        typer.Option(metavar="OWNER/REPOSITORY", help="A GitHub repository whose workflows may deploy and plan."),
    ] = None,
    github_ids: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER_ID/REPOSITORY_ID",
            help="That repository's ids, which GitHub writes into the tokens of repositories since July 2026.",
        ),
    ] = None,
    branch: Annotated[
        str, typer.Option(help="The branch of that repository whose workflows may plan; pull requests may, too.")
    ] = "main",
    previous_bucket: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BUCKET",
            help="A former source.bucket: keep the rights to take our statements out of its policy; repeatable.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIRECTORY", help="Where to write the templates. By default below cdktf.out/bootstrap."),
    ] = None,
    apply: Annotated[
        list[Part] | None,
        typer.Option(help="Apply this template, with administrator credentials of its account. Can be repeated."),
    ] = None,
) -> None:
    """Write CloudFormation templates of the roles that deploy and plan, in both accounts, and of the state bucket.

    Prints the command that applies each template. Nothing is created without --apply. Apply a template again to
    update the roles.
    """
    from environments.files import load
    from mapspan.deploying.apply_stack import apply_stack, client
    from mapspan.deploying.bootstrap import stacks
    from mapspan.deploying.cloudformation_stack import CAPABILITY
    from mapspan.deploying.deployers import Deployers
    from mapspan.deployment import find_deployment

    directory = output or ROOT / "cdktf.out" / "bootstrap" / environment_name
    deployers = Deployers(
        principals=trust or (),
        source_principals=trust_source or (),
        allow_account=allow_account,
        github=github,
        github_ids=github_ids,
        branch=branch,
    )
    environment = load(environment_name)
    url = find_deployment(environment_name).local_cloud_url if environment.is_local and apply else None
    for stack in stacks(environment, deployers, previous_buckets=previous_bucket or ()):
        file = stack.write(directory)
        if stack.part in (apply or ()):
            outcome = apply_stack(stack, client(stack, url))
            typer.echo(f"{stack.part:6} {outcome}: stack {stack.name} in account {stack.location.account_id}")
        else:
            typer.echo(f"{stack.part:6} as an administrator of account {stack.location.account_id}:")
            typer.echo(
                f"       aws cloudformation deploy --region {stack.location.region} --stack-name {stack.name}"
                f" --capabilities {CAPABILITY} --template-file {file}"
            )
