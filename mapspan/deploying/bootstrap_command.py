"""`mapspan bootstrap`: write, and apply if told to, what must be there before the first deploy."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import ClientError, WaiterError

from environments.files import load
from mapspan.arguments import EnvironmentName
from mapspan.checkout import ROOT, CommandError
from mapspan.deploying.bootstrap import Stack, Trusted, stacks

NEEDED = "CAPABILITY_NAMED_IAM"


class Part(StrEnum):
    """What can be applied: see `mapspan.deploying.bootstrap.Stack`."""

    state = "state"
    target = "target"
    source = "source"


def bootstrap_command(
    environment: EnvironmentName,
    *,
    trust: Annotated[list[str] | None, typer.Option(help="A role's or user's ARN that may deploy and plan.")] = None,
    github: Annotated[
        str | None, typer.Option(metavar="OWNER/REPOSITORY", help="Whose GitHub workflows may deploy and plan.")
    ] = None,
    branch: Annotated[str, typer.Option(help="The branch whose workflows may plan, beside pull requests.")] = "main",
    output: Annotated[Path | None, typer.Option(help="Where to write; cdktf.out/bootstrap/ENVIRONMENT.")] = None,
    apply: Annotated[
        list[Part] | None, typer.Option(help="Apply this part, with credentials of its account's administrator.")
    ] = None,
) -> None:
    """Write the roles that deploy and plan, for both accounts, and the state bucket, as CloudFormation templates.

    Nothing is made unless --apply says so. Applying again brings the roles up to date.
    """
    directory = output or ROOT / "cdktf.out" / "bootstrap" / environment
    made = stacks(load(environment), Trusted(principals=trust or (), github=github, branch=branch))
    for stack in made:
        file = stack.write(directory)
        if stack.part in (apply or ()):
            outcome = apply_stack(stack, client(stack))
            typer.echo(f"{stack.part:6} {outcome}: stack {stack.name} of account {stack.location.account_id}")
        else:
            typer.echo(f"{stack.part:6} as an administrator of account {stack.location.account_id}:")
            typer.echo(
                f"       aws cloudformation deploy --region {stack.location.region} --stack-name {stack.name}"
                f" --capabilities {NEEDED} --template-file {file}"
            )


def client(stack: Stack) -> Any:
    """CloudFormation of the stack's account, with the caller's own credentials.

    Raises:
        CommandError: they are another account's.
    """
    found = boto3.client("sts", region_name=stack.location.region).get_caller_identity()["Account"]
    if found != stack.location.account_id:
        raise CommandError(
            f"{stack.part} belongs to account {stack.location.account_id}, and these credentials are of {found}:"
            " name a profile of its own with AWS_PROFILE"
        )
    return boto3.client("cloudformation", region_name=stack.location.region)


def apply_stack(stack: Stack, cloudformation: Any) -> str:
    """Make the stack, or bring it up to date; returns what became of it: "created", "updated" or "unchanged".

    Raises:
        CommandError: CloudFormation could not, with its reasons.
    """
    asked = {"StackName": stack.name, "TemplateBody": json.dumps(stack.template), "Capabilities": [NEEDED]}
    outcome = "created"
    try:
        try:
            cloudformation.create_stack(**asked)
        except cloudformation.exceptions.AlreadyExistsException:
            outcome = "updated"
            cloudformation.update_stack(**asked)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return "unchanged"
        raise
    waiter = f"stack_{outcome.removesuffix('d')}_complete"
    try:
        # Roles take some ten seconds; nothing here takes minutes.
        cloudformation.get_waiter(waiter).wait(StackName=stack.name, WaiterConfig={"Delay": 2, "MaxAttempts": 150})
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
        reasons = [event["ResourceStatusReason"] for event in events if "FAILED" in event.get("ResourceStatus", "")]
        raise CommandError(f"stack {stack.name} could not be {outcome}: {'; '.join(reasons) or error}") from error
    return outcome
