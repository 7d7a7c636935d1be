"""What the integrations with jobs share: waiting for the end of a job (`.sync`), and passing a role to it."""

from collections.abc import Callable, Iterator

from modules.asl.grant import Grant
from modules.asl.nested_states import member
from modules.asl.statement import Condition
from modules.asl.task import Task, grant

# What a Task waits for: "" for the response, "waitForTaskToken" for a callback, "sync" or "sync:2" for a job's end.
Waits = str

# The permissions of one integration.
Derive = Callable[[Task, Waits], Iterator[Grant]]


def waits_for_job(waits: Waits) -> bool:
    """Whether a Task watches its job, and stops it if the execution ends first.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync
    """
    return waits.startswith("sync")


def completion_events(task: Task, need: str, rule: str) -> Iterator[Grant]:
    """The EventBridge rule that notifies Step Functions when the job it waits for has ended."""
    actions = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
    yield from grant(need, "ReceiveCompletionEvents", actions, [task.location.arn("events", f"rule/{rule}")])


def pass_role(task: Task, need: str, field: str, service: str, *, holder: object = None) -> Iterator[Grant]:
    """Passing the role of a field to one service alone. The field is in `holder`, by default in the arguments.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    value = member(task.state.arguments if holder is None else holder, field)
    roles = task.bounds.values(task.state.name, field, value, '"<role ARN>"')
    arns = [
        role if ":" in role else f"arn:{task.location.partition}:iam::{task.location.account_id}:role/{role}"
        for role in roles
    ]
    to_service: Condition = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    yield from grant(need, "PassRoles", ("iam:PassRole",), arns, to_service)
