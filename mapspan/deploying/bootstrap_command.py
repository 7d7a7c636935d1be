"""`mapspan bootstrap`: write the templates of the deploy roles and the state bucket, and apply them if asked to."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import ClientError, WaiterError

from environments.files import load
from local_cloud import process
from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT, CommandError
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.cloudformation_stack import CloudFormationStack
from mapspan.deploying.deployers import Deployers
from mapspan.deployment import find_deployment

# CloudFormation requires it for roles with names of our own.
_CAPABILITY = "CAPABILITY_NAMED_IAM"


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
                f" --capabilities {_CAPABILITY} --template-file {file}"
            )


def client(stack: CloudFormationStack, local_cloud_url: str | None = None) -> Any:
    """CloudFormation in the stack's account, with the caller's own credentials, or in the local cloud.

    Raises:
        CommandError: the credentials belong to another account.
    """
    region, account_id = stack.location.region, stack.location.account_id
    if local_cloud_url is not None:
        return process.client("cloudformation", account_id, local_cloud_url, region)
    actual = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    if actual != account_id:
        raise CommandError(
            f"--apply {stack.part}: this template belongs in account {account_id}, but your credentials are for account"
            f" {actual}: log in to {account_id}, or name a profile with AWS_PROFILE"
        )
    return boto3.client("cloudformation", region_name=region)


def apply_stack(stack: CloudFormationStack, cloudformation: Any) -> str:
    """Create or update the stack, and wait for it. Returns "created", "updated" or "unchanged".

    Raises:
        CommandError: CloudFormation failed; the message has its reasons.
    """
    request = {"StackName": stack.name, "TemplateBody": json.dumps(stack.template), "Capabilities": [_CAPABILITY]}
    outcome = "created"
    try:
        try:
            cloudformation.create_stack(**request)
        except cloudformation.exceptions.AlreadyExistsException:
            outcome = "updated"
            cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return "unchanged"
        raise
    waiter = f"stack_{outcome.removesuffix('d')}_complete"
    try:
        # Roles take about ten seconds; nothing here takes minutes.
        cloudformation.get_waiter(waiter).wait(StackName=stack.name, WaiterConfig={"Delay": 2, "MaxAttempts": 150})
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
        reasons = [event["ResourceStatusReason"] for event in events if "FAILED" in event.get("ResourceStatus", "")]
        raise CommandError(
            f"CloudFormation stack {stack.name} in account {stack.location.account_id} was not {outcome}:"
            f" {'; '.join(reasons) or error}"
        ) from error
    return outcome
