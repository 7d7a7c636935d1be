"""What the arguments of `aws-sdk:` calls need in other services: objects in S3, another call, a role to pass."""

from collections.abc import Callable, Iterator, Mapping

from modules.asl.grant import Grant
from modules.asl.nested_states import RunTimeValue, member
from modules.asl.objects_in_s3 import (
    bounded_objects,
    objects,
    read_grants,
    s3_object_grants,
    uri_objects,
    write_grants,
)
from modules.asl.query_language import is_expression
from modules.asl.run_a_job import pass_role
from modules.asl.task import CALLS, Task, grant


def image_grants(task: Task, service: str) -> Iterator[Grant]:
    """Images, videos and documents are read with the permissions of the caller, and results written with them.

    A notification of the end of a job is published with a role that the caller passes.
    """
    for argument in ("Image", "SourceImage", "TargetImage", "Video", "Document", "DocumentLocation"):
        yield from s3_object_grants(task, task.state.argument(argument))
    channel = task.state.argument("NotificationChannel")
    if channel is not None:
        yield from pass_role(task, CALLS, "RoleArn", service, holder=channel)
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
        yield from grant(CALLS, "DetectLanguage", ("comprehend:DetectDominantLanguage",), ["*"])


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
