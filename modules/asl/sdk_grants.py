"""What `aws-sdk:` integrations cost: the action follows from the API's name, the resource from its arguments.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import re
from collections.abc import Callable, Iterator, Mapping

from modules.asl.bucket_keys import READS, WRITES, bucket_key_grants
from modules.asl.grant import Grant
from modules.asl.optimized_grants import OPTIMIZED
from modules.asl.resource_arns import function_arns, queue_arns, table_arns, topic_arns
from modules.asl.sdk_calls import IAM_PREFIXES, iam_actions
from modules.asl.statement import below
from modules.asl.task import Task, grant

NEED = "call-services"

# API calls that an optimized integration makes too.
SAME_AS_OPTIMIZED = {("eventbridge", "putEvents"): ("events", "putEvents"), ("ecs", "runTask"): ("ecs", "runTask")}

# Calls on an object, by their arguments Bucket and Key; in one version, the action has another name.
S3_VERSIONED = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
}

# The argument that names the resource, and the kind of resource a bare name means.
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
    """Everything one API call needs."""
    if (service, api) in SAME_AS_OPTIMIZED:
        yield from OPTIMIZED[SAME_AS_OPTIMIZED[service, api]](task, "")
        return
    prefix = IAM_PREFIXES.get(service)
    if prefix is None:
        task.refuse(f"is of a service whose name in IAM is not known here ({service})")
        return
    name = api[0].upper() + api[1:]
    actions = iam_actions(service, api)
    if not actions:
        task.refuse("is a call whose actions or resources are not known here")
        return
    if roles := [field for field in task.state.argument_names() if re.search(r"Role(Arn)?(\.\$)?$", field)]:
        task.refuse(f"may pass a role on ({', '.join(roles)}), which needs iam:PassRole")
        return
    sid = f"{prefix.capitalize()}{name}"
    passed = task.bounds.given(task.state.name, "Resource")
    if passed is not None:
        yield from grant(NEED, sid, actions, passed)
    elif service == "s3":
        yield from s3_grants(task, sid, actions)
    else:
        yield from grant(NEED, sid, actions, _resources(task, service))


def _resources(task: Task, service: str) -> list[str]:
    """The resources of a call, else an error that says to pass them."""
    for field, kind in NAMED_BY.get(service, ()):
        if task.has(field):
            return task.arns(field, IAM_PREFIXES[service], kind)
    field, read = READ_BY.get(service, ("", None))
    if read and task.has(field):
        return read(task)
    return task.ask("Resource", "can't be told from the arguments", '"<ARN>"')


def s3_grants(task: Task, sid: str, actions: tuple[str, ...]) -> Iterator[Grant]:
    """A call on a bucket, or on an object where it names a Key, and the bucket's own KMS key."""
    buckets = task.values("Bucket", '"<bucket name>"')
    name = task.state.name
    if task.has("Key"):
        uses = WRITES if "s3:PutObject" in actions else READS if "s3:GetObject" in actions else ()
        if task.has("VersionId"):
            actions = tuple(S3_VERSIONED.get(action, action) for action in actions)
        for key, exactly in task.bounds.beginnings(name, "Key", task.state.argument("Key")):
            objects = [task.place.object_arn(bucket, key if exactly else f"{key}*") for bucket in buckets]
            yield from grant(NEED, sid, actions, objects)
        for bucket in buckets:
            yield from bucket_key_grants(bucket, uses, task.place)
        return
    arns = [task.place.bucket_arn(bucket) for bucket in buckets]
    if not task.has("Prefix"):
        yield from grant(NEED, sid, actions, arns)
        return
    for prefix, exactly in task.bounds.beginnings(name, "Prefix", task.state.argument("Prefix")):
        yield from grant(NEED, sid, actions, arns, below(prefix, exactly=exactly))


def secret_arns(task: Task) -> list[str]:
    """A secret; Secrets Manager adds six characters of its own to the name."""
    arns = task.arns("SecretId", "secretsmanager", "secret:")
    given = task.values("SecretId", "")
    return [arn if arn == value else f"{arn}-??????" for arn, value in zip(arns, given, strict=True)]


def parameter_arns(task: Task) -> list[str]:
    """A parameter; a name with a path begins with its slash already."""
    names = task.values("Name", '"<parameter name or ARN>"')
    return [
        name if name.startswith("arn:") else task.place.arn("ssm", f"parameter/{name.removeprefix('/')}")
        for name in names
    ]


def log_group_arns(task: Task) -> list[str]:
    """A log group and its streams."""
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
