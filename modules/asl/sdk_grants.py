"""The permissions of `aws-sdk:` integrations: the action follows from the call's name, the resource from its arguments.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import re
from collections.abc import Callable, Iterator, Mapping

from modules.asl.grant import Grant
from modules.asl.kms_keys import key_resources
from modules.asl.nested_states import RunTimeValue, member
from modules.asl.objects_in_s3 import (
    bounded_objects,
    objects,
    read_grants,
    s3_object_grants,
    uri_objects,
    write_grants,
)
from modules.asl.optimized_grants import OPTIMIZED
from modules.asl.query_language import is_expression
from modules.asl.resource_arns import function_arns, queue_arns, table_arns, topic_arns
from modules.asl.run_a_job import pass_role
from modules.asl.s3_grants import s3_grants
from modules.asl.sdk_calls import IAM_PREFIXES, OPTIONAL_RESOURCE, WITHOUT_RESOURCE, iam_actions
from modules.asl.task import Task, grant

NEED = "call-services"

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
# Arguments from which image_grants and media_grants derive what they need.
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
        yield from s3_grants(task, NEED, sid, api, actions)
        return
    resources = task.bounds.bound(task.state.name, "Resource")
    if resources is not None:
        yield from grant(NEED, sid, actions, resources)
    elif service == "dynamodb" and api.startswith("transact"):
        yield from _transaction_grants(task, sid, actions)
    elif service == "kms" and task.has("KeyId"):
        keys, condition = key_resources(task, "KeyId")
        yield from grant(NEED, sid, actions, keys, condition or None)
    else:
        yield from grant(NEED, sid, actions, _resources(task, service, actions))
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
        return _batch_table_arns(task)
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
        yield from grant(NEED, sid, actions, [_table_arn(task, table) for table in tables])
        return
    for item in items:
        for verb, arguments in item.items():
            table = member(arguments, "TableName")
            tables = task.bounds.values(task.state.name, "TableName", table, '"<table name or ARN>"')
            name = "ConditionCheckItem" if verb == "ConditionCheck" else f"{verb}Item"
            known = [action for action in actions if action == f"dynamodb:{name}"] or list(actions)
            yield from grant(NEED, f"{sid}{name}", tuple(known), [_table_arn(task, table) for table in tables])


def _table_arn(task: Task, table: str) -> str:
    return table if table.startswith("arn:") else task.location.arn("dynamodb", f"table/{table}")


def _has_no_resource(task: Task, action: str) -> bool:
    optional = OPTIONAL_RESOURCE.get(action)
    return action in WITHOUT_RESOURCE or (optional is not None and not task.has(optional))


def _batch_table_arns(task: Task) -> list[str]:
    """The tables of a batch of items, which are the names in RequestItems."""
    items = task.state.argument("RequestItems")
    if isinstance(items, RunTimeValue):
        tables = task.require("TableName", f"is known only at run time ({items.source})", '"<table name or ARN>"')
    else:
        tables = list(items) if isinstance(items, Mapping) else []
    return [_table_arn(task, table) for table in tables]


def image_grants(task: Task, service: str) -> Iterator[Grant]:
    """Images, videos and documents are read with the permissions of the caller, and results written with them.

    A notification of the end of a job is published with a role that the caller passes.
    """
    for argument in ("Image", "SourceImage", "TargetImage", "Video", "Document", "DocumentLocation"):
        yield from s3_object_grants(task, task.state.argument(argument))
    channel = task.state.argument("NotificationChannel")
    if channel is not None:
        yield from pass_role(task, NEED, "RoleArn", service, holder=channel)
    pages = task.state.argument("DocumentPages")
    for page in pages if isinstance(pages, list) else [pages]:
        yield from s3_object_grants(task, RunTimeValue(str(page)) if is_expression(page) else page)
    output = task.state.argument("OutputConfig")
    if output is not None:
        yield from write_grants(task, _output_objects(task, output))


def _output_objects(task: Task, output: object) -> Iterator[tuple[str, str]]:
    """The bucket and the keys below the prefix of an OutputConfig.

    https://docs.aws.amazon.com/textract/latest/dg/API_OutputConfig.html
    """
    prefix = member(output, "S3Prefix")
    holder = {"S3Bucket": member(output, "S3Bucket"), "S3Prefix": "textract_output" if prefix is None else prefix}
    for bucket, beginning in objects(task, "OutputConfig.", holder, ("S3Bucket", "S3Prefix")):
        yield bucket, beginning if beginning.endswith("*") else f"{beginning.rstrip('/')}/*"


def media_grants(task: Task, _service: str) -> Iterator[Grant]:
    """A recording is read with the permissions of the caller, and its transcript written with them.

    https://docs.aws.amazon.com/transcribe/latest/dg/security_iam_id-based-policy-examples.html
    """
    media = task.state.argument("Media")
    for field in ("MediaFileUri", "RedactedMediaFileUri"):
        uri = member(media, field)
        if isinstance(uri, RunTimeValue):
            unknown = f"is known only at run time ({uri.source})"
            yield from read_grants(task, bounded_objects(task, f"Media.{field}", unknown))
        elif isinstance(uri, str) and uri.startswith("s3://"):
            yield from read_grants(task, uri_objects(task, f"Media.{field}", uri))
        elif isinstance(uri, str):
            why = f"is not of the form s3://bucket/key ({uri})"
            yield from read_grants(task, bounded_objects(task, f"Media.{field}", why))
    if task.has("OutputBucketName"):
        key = task.state.argument("OutputKey")
        holder = {"BucketName": task.state.argument("OutputBucketName"), "Key": "" if key is None else key}
        for bucket, beginning in objects(task, "Output", holder, ("BucketName", "Key")):
            # A key that ends with a slash is a folder; without a key, the transcript is named after the job.
            yield from write_grants(task, iter([(bucket, f"{beginning.rstrip('*')}*")]))


def language_grants(task: Task, _service: str) -> Iterator[Grant]:
    """Translating from the language `auto` detects the language first.

    https://docs.aws.amazon.com/translate/latest/dg/auto-detect.html
    """
    source = task.state.argument("SourceLanguageCode")
    if source == "auto" or isinstance(source, RunTimeValue):
        # AWS defines no narrower resource for this action.
        yield from grant(NEED, "DetectLanguage", ("comprehend:DetectDominantLanguage",), ["*"])


def code_grants(task: Task, _service: str) -> Iterator[Grant]:
    """The code of a function in S3 is read with the permissions of the caller.

    https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
    """
    if task.has("S3Bucket") or task.has("S3Key"):
        action = "s3:GetObjectVersion" if task.has("S3ObjectVersion") else "s3:GetObject"
        yield from read_grants(task, objects(task, "", task.state.arguments, ("S3Bucket", "S3Key")), action)


# What the arguments of a service's calls need in other services.
ELSEWHERE_DERIVED: Mapping[str, Callable[[Task, str], Iterator[Grant]]] = {
    "lambda": code_grants,
    "rekognition": image_grants,
    "textract": image_grants,
    "transcribe": media_grants,
    "translate": language_grants,
}


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


READ_BY: Mapping[str, tuple[str, Callable[[Task], list[str]]]] = {
    "cloudwatchlogs": ("LogGroupName", log_group_arns),
    "dynamodb": ("TableName", table_arns),
    "lambda": ("FunctionName", function_arns),
    "secretsmanager": ("SecretId", secret_arns),
    "sns": ("TopicArn", topic_arns),
    "sqs": ("QueueUrl", queue_arns),
    "ssm": ("Name", parameter_arns),
}
