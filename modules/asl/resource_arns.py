"""ARNs from other names: a function's name, a queue's URL, a family of task definitions."""

import re
from collections.abc import Mapping

from modules.asl.machine_location import MachineLocation, is_arn
from modules.asl.nested_states import RunTimeValue
from modules.asl.task import Task

QUEUE_URL = re.compile(r"https://sqs\.([\w-]+)\.amazonaws\.com(?:\.cn)?/(\d{12})/([\w.-]+)")


def function_arns(task: Task) -> list[str]:
    """The function that a call invokes, with its version or alias.

    A name may contain an account (`111111111111:function:work`) and a qualifier (`work:live`).
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    functions = [_function_arn(name, task.location) for name in task.values("FunctionName", '"<function name or ARN>"')]
    if not task.has("Qualifier"):
        return functions
    qualifiers = task.values("Qualifier", '"<version or alias>"')
    return [f"{function}:{qualifier}" for function in functions for qualifier in qualifiers]


def _function_arn(name: str, location: MachineLocation) -> str:
    if is_arn(name):
        return name
    account, separator, function = name.partition(":function:")
    if separator:
        return f"arn:{location.partition}:lambda:{location.region}:{account}:function:{function}"
    return location.arn("lambda", f"function:{name}")


def queue_arns(task: Task) -> list[str]:
    """The queue of a QueueUrl."""
    arns = []
    for queue in task.values("QueueUrl", '"<queue URL or ARN>"'):
        if queue.startswith("arn:"):
            arns.append(queue)
        elif url := QUEUE_URL.fullmatch(queue):
            arns.append(f"arn:{task.location.partition}:sqs:{':'.join(url.groups())}")
        else:
            arns += task.require("QueueUrl", f"is not the URL of a queue ({queue})", '"<queue ARN>"')
    return arns


def topic_arns(task: Task) -> list[str]:
    """The topic of a message. A phone number is not a resource that IAM could grant."""
    if task.has("PhoneNumber"):
        task.refuse("sends to a phone number, which only the resource * allows")
        return []
    return task.values("TargetArn" if task.has("TargetArn") else "TopicArn", '"<topic ARN>"')


def table_arns(task: Task) -> list[str]:
    """The table, or the index of a table, that a call names."""
    tables = task.arns("TableName", "dynamodb", "table/")
    if not task.has("IndexName"):
        return tables
    return [f"{table}/index/{index}" for table in tables for index in task.values("IndexName", '"<index name>"')]


def execution_arns(task: Task, machine: str) -> list[str]:
    """The executions of a machine that a Task waits for."""
    if not machine.startswith("arn:"):
        return task.require("Executions", f"does not follow from {machine}", '"arn:…:execution:<machine>:*"')
    return [":".join(machine.replace(":stateMachine:", ":execution:").split(":")[:7]) + ":*"]


def task_definition_arns(task: Task) -> list[str]:
    """The task definition that is run. A family without a revision means any of its revisions."""
    arns = task.arns("TaskDefinition", "ecs", "task-definition/")
    return [arn if is_revision(arn) else f"{arn}:*" for arn in arns]


def is_revision(task_definition: str) -> bool:
    """Whether a task definition has a revision; a CDKTF token stands for one."""
    return "${TfToken[" in task_definition or bool(re.search(r":(\d+|\*)$", task_definition))


def table_arn(task: Task, table: str) -> str:
    """The ARN of a table from its name, or the ARN as it is."""
    return table if table.startswith("arn:") else task.location.arn("dynamodb", f"table/{table}")


def batch_table_arns(task: Task) -> list[str]:
    """The tables of a batch of items, which are the names in RequestItems."""
    items = task.state.argument("RequestItems")
    if isinstance(items, RunTimeValue):
        tables = task.require("TableName", f"is known only at run time ({items.source})", '"<table name or ARN>"')
    else:
        tables = list(items) if isinstance(items, Mapping) else []
    return [table_arn(task, table) for table in tables]


def secret_arns(task: Task) -> list[str]:
    """The secret. Secrets Manager appends six random characters to its name."""
    arns = task.arns("SecretId", "secretsmanager", "secret:")
    values = task.values("SecretId", "")
    return [arn if arn == value else f"{arn}-??????" for arn, value in zip(arns, values, strict=True)]


def parameter_arns(task: Task) -> list[str]:
    """The parameter. Its ARN has the slash before a path once, and not the version or label after a colon.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
    """
    arns = []
    for name in task.values("Name", '"<parameter name or ARN>"'):
        plain = name if name.startswith("arn:") else name.partition(":")[0].removeprefix("/")
        if "aws/reference/secretsmanager/" in name:
            task.refuse("reads a secret through a parameter, which needs secretsmanager:GetSecretValue")
        elif plain.startswith("aws/service/"):  # AWS's own parameters belong to no account
            arns.append(f"arn:{task.location.partition}:ssm:{task.location.region}::parameter/{plain}")
        else:
            arns.append(plain if plain.startswith("arn:") else task.location.arn("ssm", f"parameter/{plain}"))
    return arns


def log_group_arns(task: Task) -> list[str]:
    """The log group and its streams."""
    return [f"{arn}:*" for arn in task.arns("LogGroupName", "logs", "log-group:")]
