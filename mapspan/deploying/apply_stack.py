"""Applies a CloudFormation stack of `mapspan bootstrap`."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

from local_cloud import process
from mapspan.checkout import CommandError
from mapspan.deploying.cloudformation_stack import CAPABILITY, CloudFormationStack


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
    request = {"StackName": stack.name, "TemplateBody": json.dumps(stack.template), "Capabilities": [CAPABILITY]}
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
