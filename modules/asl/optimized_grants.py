"""The permissions of the optimized integrations that are common in a Map.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from collections.abc import Callable, Iterator, Mapping

from modules.asl.grant import Grant
from modules.asl.machine_location import is_arn
from modules.asl.nested_states import RunTimeValue, member
from modules.asl.resource_arns import (
    execution_arns,
    function_arns,
    queue_arns,
    table_arns,
    task_definition_arns,
    topic_arns,
)
from modules.asl.statement import Condition
from modules.asl.task import Task, grant

# What a Task waits for: "" for the response, "waitForTaskToken" for a callback, "sync" or "sync:2" for a job's end.
Waits = str


def invoke_function(task: Task, _waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html"""
    yield from grant("invoke-functions", "InvokeFunctions", ("lambda:InvokeFunction",), function_arns(task))


def send_message(task: Task, _waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html"""
    yield from grant("send-messages", "SendMessages", ("sqs:SendMessage",), queue_arns(task))


def publish(task: Task, _waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html"""
    yield from grant("publish-messages", "PublishMessages", ("sns:Publish",), topic_arns(task))


def use_table(action: str) -> "Derive":
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html"""

    def derive(task: Task, _waits: Waits) -> Iterator[Grant]:
        yield from grant("use-tables", action, (f"dynamodb:{action}",), table_arns(task))

    return derive


def put_events(task: Task, _waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html"""
    entries = task.state.argument("Entries")
    buses: list[str] = []
    if isinstance(entries, list):
        for entry in entries:
            bus = member(entry, "EventBusName")
            buses += task.bounds.values(
                task.state.name, "EventBusName", "default" if bus is None else bus, '"<event bus>"'
            )
    else:
        source = entries.source if isinstance(entries, RunTimeValue) else "Entries are missing"
        buses = task.require("EventBusName", f"is known only at run time ({source})", '"<event bus>"')
    arns = [bus if is_arn(bus) else task.location.arn("events", f"event-bus/{bus}") for bus in buses]
    yield from grant("put-events", "PutEvents", ("events:PutEvents",), arns)


def start_execution(task: Task, waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html"""
    machines = task.values("StateMachineArn", '"<state machine ARN>"')
    yield from grant("start-executions", "StartExecutions", ("states:StartExecution",), machines)
    if waits.startswith("sync"):
        executions = [execution for machine in machines for execution in execution_arns(task, machine)]
        yield from grant(
            "start-executions",
            "WatchAndStopExecutions",
            ("states:DescribeExecution", "states:StopExecution"),
            executions,
        )
        yield from completion_events(task, "start-executions", "StepFunctionsGetEventsForStepFunctionsExecutionRule")


def run_task(task: Task, waits: Waits) -> Iterator[Grant]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html"""
    clusters = (
        task.arns("Cluster", "ecs", "cluster/")
        if task.has("Cluster")
        else [task.location.arn("ecs", "cluster/default")]
    )
    in_cluster: Condition = {"ArnEquals": {"ecs:cluster": clusters}}
    yield from grant("run-tasks", "RunTasks", ("ecs:RunTask",), task_definition_arns(task), in_cluster)
    roles = task.require(
        "PassRole", "is known only from the task definition", '["<task role ARN>", "<execution role ARN>"]'
    )
    to_ecs: Condition = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    yield from grant("run-tasks", "PassTaskRoles", ("iam:PassRole",), roles, to_ecs)
    # A task's ARN is known only when it runs, so any task is allowed.
    any_task = [task.location.arn("ecs", "task/*")]
    if any(task.has(argument) for argument in ("Tags", "PropagateTags", "EnableECSManagedTags")):
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
        as_it_runs: Condition = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
        yield from grant("run-tasks", "TagTasks", ("ecs:TagResource",), any_task, as_it_runs)
    if waits.startswith("sync"):
        yield from grant("run-tasks", "WatchAndStopTasks", ("ecs:DescribeTasks", "ecs:StopTask"), any_task, in_cluster)
        yield from completion_events(task, "run-tasks", "StepFunctionsGetEventsForECSTaskRule")


def completion_events(task: Task, need: str, rule: str) -> Iterator[Grant]:
    """The EventBridge rule that notifies Step Functions when the job it waits for has ended."""
    actions = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
    yield from grant(need, "ReceiveCompletionEvents", actions, [task.location.arn("events", f"rule/{rule}")])


Derive = Callable[[Task, Waits], Iterator[Grant]]

OPTIMIZED: Mapping[tuple[str, str], Derive] = {
    ("lambda", "invoke"): invoke_function,
    ("sqs", "sendMessage"): send_message,
    ("sns", "publish"): publish,
    ("dynamodb", "getItem"): use_table("GetItem"),
    ("dynamodb", "putItem"): use_table("PutItem"),
    ("dynamodb", "updateItem"): use_table("UpdateItem"),
    ("dynamodb", "deleteItem"): use_table("DeleteItem"),
    ("events", "putEvents"): put_events,
    ("states", "startExecution"): start_execution,
    ("ecs", "runTask"): run_task,
}
