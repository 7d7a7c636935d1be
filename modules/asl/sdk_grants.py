"""The permissions of `aws-sdk:` integrations: the action follows from the call's name, the resource from its arguments.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import re
from collections.abc import Callable, Iterator, Mapping

from modules.asl.elsewhere_grants import ELSEWHERE_DERIVED
from modules.asl.grant import Grant
from modules.asl.kms_keys import key_resources
from modules.asl.nested_states import member
from modules.asl.optimized_grants import OPTIMIZED
from modules.asl.resource_arns import (
    batch_table_arns,
    function_arns,
    log_group_arns,
    parameter_arns,
    queue_arns,
    secret_arns,
    table_arn,
    table_arns,
    topic_arns,
)
from modules.asl.s3_grants import s3_grants
from modules.asl.sdk_calls import IAM_PREFIXES, OPTIONAL_RESOURCE, WITHOUT_RESOURCE, iam_actions
from modules.asl.task import CALLS, Task, grant

# API calls that have an optimized integration too.
SAME_AS_OPTIMIZED: Mapping[tuple[str, str], tuple[str, str]] = {
    ("eventbridge", "putEvents"): ("events", "putEvents"),
    ("bedrockruntime", "invokeModel"): ("bedrock", "invokeModel"),
    ("bedrockruntime", "converse"): ("bedrock", "invokeModel"),
    ("codebuild", "startBuild"): ("codebuild", "startBuild"),
    ("emrserverless", "startJobRun"): ("emr-serverless", "startJobRun"),
    **{
        (service, call): (service, call)
        for service, call in OPTIMIZED
        if service in {"athena", "batch", "ecs", "glue", "mediaconvert", "sagemaker"}
    },
}

# Arguments that contain the user's data, which may look like arguments.
DATA = frozenset(
    {
        "Attributes",
        "Detail",
        "ExpressionAttributeValues",
        "Input",
        "Item",
        "Key",
        "Message",
        "MessageAttributes",
        "MessageBody",
        "Output",
        "Payload",
        "RequestItems",
        "SecretString",
        "Text",
    }
)

# Arguments that need permissions in other services: keys, code, images, networks and file systems.
ELSEWHERE = re.compile(
    r"(EncryptionKeyOverride|FileSystemConfigs|ImageUri|\w*KmsKey(Id|Arn)|Layers|VpcConfig)",
    re.IGNORECASE,
)
# Arguments from which elsewhere_grants derives what they need.
DERIVED_ARGUMENTS: Mapping[str, frozenset[str]] = {
    "rekognition": frozenset({"NotificationChannel"}),
    "textract": frozenset({"NotificationChannel"}),
}
TAGS = frozenset({"tags", "taglist", "jobtag"})

# The arguments that name a resource, each with what a bare name follows in the ARN.
NAMED_BY: Mapping[str, tuple[tuple[str, str], ...]] = {
    "athena": (("WorkGroup", "workgroup/"),),
    "codebuild": (("ProjectName", "project/"),),
    "comprehend": (("EndpointArn", ""),),
    "dynamodb": (("BackupArn", ""), ("ExportArn", "")),
    "firehose": (("DeliveryStreamName", "deliverystream/"),),
    "glue": (("JobName", "job/"), ("Name", "crawler/")),  # of the calls in IAM_ACTIONS, those of crawlers have a Name
    "kinesis": (("StreamARN", ""), ("StreamName", "stream/")),
    "kms": (("KeyId", "key/"),),
    "rekognition": (("ProjectVersionArn", ""), ("CollectionId", "collection/")),
    "sqs": (("QueueName", ""),),
    "transcribe": (("TranscriptionJobName", "transcription-job/"),),
    "sfn": (("StateMachineArn", ""), ("ExecutionArn", ""), ("MapRunArn", "")),
}


def sdk_grants(task: Task, service: str, api: str) -> Iterator[Grant]:
    """Every permission that one API call needs."""
    if (service, api) in SAME_AS_OPTIMIZED:
        yield from OPTIMIZED[SAME_AS_OPTIMIZED[service, api]](task, "")
        return
    prefix = IAM_PREFIXES.get(service)
    if prefix is None:
        task.refuse(f"calls a service whose IAM prefix is unknown ({service})")
        return
    actions = iam_actions(service, api)
    if not actions:
        task.refuse("is a call whose actions or resources are unknown")
        return
    if refusal := _refusal(task, service):
        task.refuse(refusal)
        return
    sid = f"{prefix.capitalize()}{api[0].upper()}{api[1:]}"
    if service == "s3":
        yield from s3_grants(task, CALLS, sid, api, actions)
        return
    resources = task.bounds.bound(task.state.name, "Resource")
    if resources is not None:
        yield from grant(CALLS, sid, actions, resources)
    elif service == "dynamodb" and api.startswith("transact"):
        yield from _transaction_grants(task, sid, actions)
    elif service == "kms" and task.has("KeyId"):
        keys, condition = key_resources(task, "KeyId")
        yield from grant(CALLS, sid, actions, keys, condition or None)
    else:
        yield from grant(CALLS, sid, actions, _resources(task, service, actions))
    if service in ELSEWHERE_DERIVED:
        yield from ELSEWHERE_DERIVED[service](task, service)


def _refusal(task: Task, service: str) -> str | None:
    """Why the arguments of a call may need permissions in other services that can't be derived."""
    names = task.state.argument_names(data=DATA | DERIVED_ARGUMENTS.get(service, frozenset()))
    if roles := [name for name in names if re.search(r"Role(Arn|Override)?$", name)]:
        return f"may pass a role ({', '.join(roles)}), which needs iam:PassRole"
    if service == "s3":
        return None  # s3_grants reads every argument itself
    of_ssm = {"KeyId"} if service == "ssm" else set()
    if elsewhere := [name for name in names if ELSEWHERE.fullmatch(name) or name in of_ssm]:
        return f"has arguments that need permissions in other services ({', '.join(elsewhere)})"
    if tags := [name for name in task.argument_fields() if name.lower() in TAGS]:
        return f"sets tags ({', '.join(tags)}), which needs a permission of its own"
    return None


def _resources(task: Task, service: str, actions: tuple[str, ...]) -> list[str]:
    """The resources of a call; if they are unknown, an error that says to pass them."""
    for field, kind in NAMED_BY.get(service, ()):
        if task.has(field):
            return task.arns(field, IAM_PREFIXES[service], kind)
    field, read = READ_BY.get(service, ("", None))
    if read and task.has(field):
        return read(task)
    if service == "dynamodb" and task.has("RequestItems"):
        return batch_table_arns(task)
    if all(_has_no_resource(task, action) for action in actions):
        return ["*"]  # AWS defines no narrower resource for these actions.
    return task.require("Resource", "does not follow from the arguments", '"<ARN>"')


def _transaction_grants(task: Task, sid: str, actions: tuple[str, ...]) -> Iterator[Grant]:
    """The items of a transaction: each needs the action that it is named after, on its own table.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    """
    items = task.state.argument("TransactItems")
    if not isinstance(items, list) or any(not isinstance(item, Mapping) for item in items):
        why = "are known only at run time"
        tables = task.bounds.require(task.state.name, "TransactItems", why, '"<table name or ARN>"')
        yield from grant(CALLS, sid, actions, [table_arn(task, table) for table in tables])
        return
    for item in items:
        for verb, arguments in item.items():
            table = member(arguments, "TableName")
            tables = task.bounds.values(task.state.name, "TableName", table, '"<table name or ARN>"')
            name = "ConditionCheckItem" if verb == "ConditionCheck" else f"{verb}Item"
            known = [action for action in actions if action == f"dynamodb:{name}"] or list(actions)
            yield from grant(CALLS, f"{sid}{name}", tuple(known), [table_arn(task, table) for table in tables])


def _has_no_resource(task: Task, action: str) -> bool:
    optional = OPTIONAL_RESOURCE.get(action)
    return action in WITHOUT_RESOURCE or (optional is not None and not task.has(optional))


READ_BY: Mapping[str, tuple[str, Callable[[Task], list[str]]]] = {
    "cloudwatchlogs": ("LogGroupName", log_group_arns),
    "dynamodb": ("TableName", table_arns),
    "lambda": ("FunctionName", function_arns),
    "secretsmanager": ("SecretId", secret_arns),
    "sns": ("TopicArn", topic_arns),
    "sqs": ("QueueUrl", queue_arns),
    "ssm": ("Name", parameter_arns),
}
