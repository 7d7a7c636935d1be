"""The permissions of `aws-sdk:` integrations: the action follows from the call's name, the resource from its arguments.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import re
from collections.abc import Callable, Iterator, Mapping

from modules.asl.bucket_keys import READS, WRITES, bucket_key_grants
from modules.asl.grant import Grant
from modules.asl.optimized_grants import OPTIMIZED
from modules.asl.resource_arns import function_arns, queue_arns, table_arns, topic_arns
from modules.asl.sdk_calls import IAM_PREFIXES, iam_actions
from modules.asl.statement import list_condition
from modules.asl.task import Task, grant

NEED = "call-services"

# API calls that have an optimized integration too.
SAME_AS_OPTIMIZED = {("eventbridge", "putEvents"): ("events", "putEvents"), ("ecs", "runTask"): ("ecs", "runTask")}

# The actions on an object that have another name if the call has a VersionId.
S3_VERSIONED = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
}

# The arguments that name a resource, each with what a bare name follows in the ARN.
NAMED_BY: Mapping[str, tuple[tuple[str, str], ...]] = {
    "athena": (("WorkGroup", "workgroup/"),),
    "codebuild": (("ProjectName", "project/"),),
    "firehose": (("DeliveryStreamName", "deliverystream/"),),
    "glue": (("JobName", "job/"), ("CrawlerName", "crawler/")),
    "kinesis": (("StreamARN", ""), ("StreamName", "stream/")),
    "kms": (("KeyId", "key/"),),
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
    name = api[0].upper() + api[1:]
    actions = iam_actions(service, api)
    if not actions:
        task.refuse("is a call whose actions or resources are unknown")
        return
    if roles := [field for field in task.state.argument_names() if re.search(r"Role(Arn)?(\.\$)?$", field)]:
        task.refuse(f"may pass a role ({', '.join(roles)}), which needs iam:PassRole")
        return
    sid = f"{prefix.capitalize()}{name}"
    resources = task.bounds.bound(task.state.name, "Resource")
    if resources is not None:
        yield from grant(NEED, sid, actions, resources)
    elif service == "s3":
        yield from s3_grants(task, sid, actions)
    else:
        yield from grant(NEED, sid, actions, _resources(task, service))


def _resources(task: Task, service: str) -> list[str]:
    """The resources of a call; if they are unknown, an error that says to pass them."""
    for field, kind in NAMED_BY.get(service, ()):
        if task.has(field):
            return task.arns(field, IAM_PREFIXES[service], kind)
    field, read = READ_BY.get(service, ("", None))
    if read and task.has(field):
        return read(task)
    return task.require("Resource", "does not follow from the arguments", '"<ARN>"')


def s3_grants(task: Task, sid: str, actions: tuple[str, ...]) -> Iterator[Grant]:
    """A call on a bucket, or on an object if it has a Key, and the use of the bucket's KMS key."""
    buckets = task.values("Bucket", '"<bucket name>"')
    name = task.state.name
    if task.has("Key"):
        uses = WRITES if "s3:PutObject" in actions else READS if "s3:GetObject" in actions else ()
        if task.has("VersionId"):
            actions = tuple(S3_VERSIONED.get(action, action) for action in actions)
        for key, exactly in task.bounds.beginnings(name, "Key", task.state.argument("Key")):
            objects = [task.location.bucket_arn(bucket, key if exactly else f"{key}*") for bucket in buckets]
            yield from grant(NEED, sid, actions, objects)
        for bucket in buckets:
            yield from bucket_key_grants(bucket, uses, task.location)
        return
    arns = [task.location.bucket_arn(bucket) for bucket in buckets]
    if not task.has("Prefix"):
        yield from grant(NEED, sid, actions, arns)
        return
    for prefix, exactly in task.bounds.beginnings(name, "Prefix", task.state.argument("Prefix")):
        yield from grant(NEED, sid, actions, arns, list_condition(prefix, exactly=exactly))


def secret_arns(task: Task) -> list[str]:
    """The secret. Secrets Manager appends six random characters to its name."""
    arns = task.arns("SecretId", "secretsmanager", "secret:")
    values = task.values("SecretId", "")
    return [arn if arn == value else f"{arn}-??????" for arn, value in zip(arns, values, strict=True)]


def parameter_arns(task: Task) -> list[str]:
    """The parameter. The name of a parameter with a path starts with a slash, which its ARN has only once."""
    names = task.values("Name", '"<parameter name or ARN>"')
    return [
        name if name.startswith("arn:") else task.location.arn("ssm", f"parameter/{name.removeprefix('/')}")
        for name in names
    ]


def log_group_arns(task: Task) -> list[str]:
    """The log group and its streams."""
    return [f"{arn}:*" for arn in task.arns("LogGroupName", "logs", "log-group:")]


READ_BY: Mapping[str, tuple[str, Callable[[Task], list[str]]]] = {
    "cloudwatchlogs": ("LogGroupName", log_group_arns),
    "dynamodb": ("TableName", table_arns),
    "lambda": ("FunctionName", function_arns),
    "secretsmanager": ("SecretId", secret_arns),
    "sns": ("TopicArn", topic_arns),
    "sqs": ("QueueUrl", queue_arns),
    "ssm": ("Name", parameter_arns),
}
