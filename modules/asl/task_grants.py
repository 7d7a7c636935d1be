"""The permissions of a Task, for each form of its Resource."""

import re
from collections.abc import Iterator

from modules.asl.bounds import Bounds
from modules.asl.grant import Grant
from modules.asl.machine_location import MachineLocation
from modules.asl.nested_states import NestedState, member
from modules.asl.optimized_grants import OPTIMIZED
from modules.asl.sdk_grants import sdk_grants
from modules.asl.task import Task, grant

# AWS takes its own Region and account in it too.
INTEGRATION = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(?P<sdk>aws-sdk:)?(?P<service>[\w-]+):(?P<action>\w+)(?:\.(?P<waits>.+))?"
)
FUNCTION = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:.+")
ACTIVITY = re.compile(r"arn:[^:]+:states:[^:]+:[^:]+:activity:.+")


def task_grants(state: NestedState, location: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
    """Every permission that one Task needs."""
    task = Task(state, location, bounds)
    if "Credentials" in state.state:
        # Another role makes the call and needs the permission; the machine's role only assumes that role.
        # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
        role = member(state.state["Credentials"], "RoleArn")
        roles = bounds.values(state.name, "Credentials.RoleArn", role, '"<role ARN>"')
        yield from grant("assume-roles", "AssumeRoles", ("sts:AssumeRole",), roles)
        return
    if FUNCTION.fullmatch(state.resource):
        yield from grant("invoke-functions", "InvokeFunctions", ("lambda:InvokeFunction",), [state.resource])
        return
    if ACTIVITY.fullmatch(state.resource):
        return  # Workers poll an activity: the machine's role calls nothing.
    integration = INTEGRATION.fullmatch(state.resource)
    if isinstance(state.arguments, str):
        task.refuse("takes its arguments from one expression")
    elif integration and integration["sdk"]:
        yield from sdk_grants(task, integration["service"], integration["action"])
    elif integration and (derive := OPTIMIZED.get((integration["service"], integration["action"]))):
        yield from derive(task, integration["waits"] or "")
    else:
        task.refuse("is an unknown integration")
