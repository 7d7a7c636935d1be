"""Objects in S3 that another service reads or writes with the permissions of its caller."""

from collections.abc import Iterator, Mapping

from modules.asl.bucket_keys import READS, WRITES, bucket_key_grants
from modules.asl.grant import Grant
from modules.asl.nested_states import RunTimeValue, member
from modules.asl.plain_buckets import NOT_PLAIN, is_plain_bucket
from modules.asl.task import Task, grant

BEGINNING = '"<bucket>/<what the keys begin with>"'


def objects(task: Task, field: str, holder: object, names: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """The bucket of an object and its key, or the pattern of its key: `names` are those of both fields in `holder`."""
    bucket_name, key_name = names
    keys = list(task.bounds.beginnings(task.state.name, f"{field}{key_name}", member(holder, key_name)))
    for bucket in task.bounds.values(
        task.state.name, f"{field}{bucket_name}", member(holder, bucket_name), '"<bucket>"'
    ):
        if not is_plain_bucket(bucket):
            task.refuse(f"names the bucket {bucket}, which {NOT_PLAIN}")
            continue
        yield from ((bucket, key if exactly else f"{key}*") for key, exactly in keys)


def uri_objects(task: Task, field: str, uri: str) -> Iterator[tuple[str, str]]:
    """The bucket and the key of an URI such as `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    holder = {f"{field}Bucket": bucket, f"{field}Key": key}
    yield from objects(task, "", holder, (f"{field}Bucket", f"{field}Key"))


def bounded_objects(task: Task, field: str, why: str) -> Iterator[tuple[str, str]]:
    """The buckets and the patterns of keys of a bound such as `"bucket/prefix/"`."""
    for beginning in task.require(field, why, BEGINNING):
        bucket, _, prefix = beginning.partition("/")
        yield bucket, f"{prefix}*"


def read_grants(task: Task, found: Iterator[tuple[str, str]], action: str = "s3:GetObject") -> Iterator[Grant]:
    """Reading objects, and the use of their buckets' keys."""
    for bucket, key in found:
        yield from grant("read-objects", "ReadObjects", (action,), [task.location.bucket_arn(bucket, key)])
        yield from bucket_key_grants(bucket, READS, task.location)


def write_grants(task: Task, found: Iterator[tuple[str, str]]) -> Iterator[Grant]:
    """Writing objects, and the use of their buckets' keys."""
    for bucket, key in found:
        yield from grant("write-objects", "WriteObjects", ("s3:PutObject",), [task.location.bucket_arn(bucket, key)])
        yield from bucket_key_grants(bucket, WRITES, task.location)


def s3_object_grants(task: Task, holder: object) -> Iterator[Grant]:
    """Reading the S3Object of an image, a video or a document, if it isn't sent as bytes.

    https://docs.aws.amazon.com/rekognition/latest/dg/images-s3.html
    """
    s3_object = holder if isinstance(holder, RunTimeValue) else member(holder, "S3Object")
    if isinstance(s3_object, RunTimeValue):
        unknown = f"is known only at run time ({s3_object.source})"
        yield from read_grants(task, bounded_objects(task, "S3Object", unknown))
    elif isinstance(s3_object, Mapping):
        version = member(s3_object, "Version") is not None
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        yield from read_grants(task, objects(task, "S3Object.", s3_object, ("Bucket", "Name")), action)
