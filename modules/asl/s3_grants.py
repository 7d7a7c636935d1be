"""The permissions of S3 calls: the call's own action, what its arguments need, the source of a copy, and KMS keys.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from modules.asl.bucket_keys import READS, WRITES, bucket_key_grants, through_s3
from modules.asl.bucket_owner import in_owners_account
from modules.asl.grant import Grant
from modules.asl.kms_keys import key_resources
from modules.asl.nested_states import RunTimeValue, member
from modules.asl.plain_buckets import NOT_PLAIN, is_plain_bucket
from modules.asl.statement import list_condition
from modules.asl.task import Task, grant

# What an argument needs beyond the call's own action.
ARGUMENT_ACTIONS: Mapping[str, str] = {
    "Tagging": "s3:PutObjectTagging",
    "ACL": "s3:PutObjectAcl",
    "GrantFullControl": "s3:PutObjectAcl",
    "GrantRead": "s3:PutObjectAcl",
    "GrantReadACP": "s3:PutObjectAcl",
    "GrantWriteACP": "s3:PutObjectAcl",
    "ObjectLockMode": "s3:PutObjectRetention",
    "ObjectLockRetainUntilDate": "s3:PutObjectRetention",
    "ObjectLockLegalHoldStatus": "s3:PutObjectLegalHold",
    "BypassGovernanceRetention": "s3:BypassGovernanceRetention",
}

# The actions on an object that have another name if the call names a version.
VERSIONED: Mapping[str, str] = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
}

# The listings that AWS lets a policy limit to a prefix.
LIMITED_TO_PREFIXES = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})

SOURCE = '"<bucket>/<what the keys begin with>"'


def s3_grants(task: Task, need: str, sid: str, api: str, actions: tuple[str, ...]) -> Iterator[Grant]:
    """Every permission that one S3 call needs."""
    if api == "restoreObject" and "OutputLocation" in task.state.argument_names():
        task.refuse("may write its selection to another bucket")
        return
    if task.has("VersionId") and api != "deleteObjects":
        actions = _versioned(actions)
    actions += tuple(action for argument, action in ARGUMENT_ACTIONS.items() if task.has(argument))
    if task.has("CopySource"):
        tags = api == "copyObject" and task.state.argument("TaggingDirective") != "REPLACE"
        actions += ("s3:PutObjectTagging",) if tags else ()
        yield from _source_grants(task, need, f"{sid}Source", tags=tags)
    resources = task.bounds.bound(task.state.name, "Resource")
    if resources is not None:
        yield from grant(need, sid, actions, resources)
    else:
        yield from _bucket_grants(task, need, sid, api, actions)
    if task.has("SSEKMSKeyId"):
        keys, condition = key_resources(task, "SSEKMSKeyId")
        condition.update(through_s3(task.location.region))
        yield from grant("use-keys", "EncryptObjects", WRITES, keys, condition)


def _versioned(actions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(VERSIONED.get(action, action) for action in actions)


def _bucket_grants(task: Task, need: str, sid: str, api: str, actions: tuple[str, ...]) -> Iterator[Grant]:
    """A call on a bucket, or on the objects that it names, and the use of the bucket's KMS key."""
    buckets = []
    for bucket in task.values("Bucket", '"<bucket name>"'):
        if is_plain_bucket(bucket):
            buckets.append(bucket)
        else:
            task.require("Resource", f"does not follow from the Bucket {bucket}, which {NOT_PLAIN}", '"<ARN>"')
    if api == "deleteObjects":
        grants = _delete_grants(task, need, sid, buckets, actions)
    elif task.has("Key"):
        grants = _object_grants(task, need, sid, buckets, actions)
    else:
        grants = _listing_grants(task, need, sid, buckets, actions)
    arns = [task.location.bucket_arn(bucket) for bucket in buckets]
    yield from in_owners_account(grants, task.state.argument("ExpectedBucketOwner"), arns)


def _object_grants(task: Task, need: str, sid: str, buckets: list[str], actions: tuple[str, ...]) -> Iterator[Grant]:
    for key, exactly in task.bounds.beginnings(task.state.name, "Key", task.state.argument("Key")):
        objects = [task.location.bucket_arn(bucket, key if exactly else f"{key}*") for bucket in buckets]
        yield from grant(need, sid, actions, objects)
    uses = WRITES if "s3:PutObject" in actions else READS if _reads(actions) else ()
    for bucket in buckets:
        yield from bucket_key_grants(bucket, uses, task.location)


def _reads(actions: tuple[str, ...]) -> bool:
    return bool({"s3:GetObject", "s3:GetObjectVersion"} & set(actions))


def _listing_grants(task: Task, need: str, sid: str, buckets: list[str], actions: tuple[str, ...]) -> Iterator[Grant]:
    arns = [task.location.bucket_arn(bucket) for bucket in buckets]
    if not task.has("Prefix") or not set(actions) <= LIMITED_TO_PREFIXES:
        yield from grant(need, sid, actions, arns)
        return
    for prefix, exactly in task.bounds.beginnings(task.state.name, "Prefix", task.state.argument("Prefix")):
        yield from grant(need, sid, actions, arns, list_condition(prefix, exactly=exactly))


def _delete_grants(task: Task, need: str, sid: str, buckets: list[str], actions: tuple[str, ...]) -> Iterator[Grant]:
    """The objects that one call deletes, each in the version that it names, if any."""
    entries = member(task.state.argument("Delete"), "Objects")
    for entry in entries if isinstance(entries, list) else [entries]:
        key = member(entry, "Key") if isinstance(entry, Mapping) else entry
        deletes = [
            action
            for version in (_may_name_version(task, entry) if key is not None else [])
            for action in (_versioned(actions) if version else actions)
        ]
        for beginning, exactly in task.bounds.beginnings(task.state.name, "Key", key):
            keys = beginning if exactly else f"{beginning}*"
            yield from grant(need, sid, tuple(deletes), [task.location.bucket_arn(bucket, keys) for bucket in buckets])


def _may_name_version(task: Task, entry: object) -> list[bool]:
    """Whether an entry of a deletion names a version: both, if only the run knows."""
    if isinstance(entry, Mapping):
        return [member(entry, "VersionId") is not None]
    source = entry.source if isinstance(entry, RunTimeValue) else str(entry)
    if "VersionId" in source:
        return [False, True]
    if "Key" in source:
        return [False]  # the expression builds the entries, with a key alone
    bound = task.require("VersionId", "may be in the objects, which only the run knows: any or none", '"any"')
    return [False] if bound == ["none"] else [False, True]


def _source_grants(task: Task, need: str, sid: str, *, tags: bool) -> Iterator[Grant]:
    """Reading the object that a call copies, with its tags and its KMS key."""
    actions = ("s3:GetObject", "s3:GetObjectTagging") if tags else ("s3:GetObject",)
    value = task.state.argument("CopySource")
    bound = task.bounds.bound(task.state.name, "CopySource")
    if bound is None and isinstance(value, str):
        path, _, version = value.removeprefix("/").partition("?versionId=")
        bucket, _, key = unquote(path).partition("/")
        sources = [(bucket, key, _versioned(actions) if version else actions)]
        if not is_plain_bucket(bucket) or re.search(r"[*?]", key):
            sources = []
            task.require("CopySource", f"is not a bucket and a key without wildcards ({value})", SOURCE)
    else:
        if isinstance(value, RunTimeValue) and "/" in value.source and "versionId" not in value.source:
            both = actions  # the expression builds the source, without a version
        else:
            both = (*actions, *_versioned(actions))
        sources = [
            (bucket, f"{prefix}*", both)
            for bucket, _, prefix in (source.partition("/") for source in bound or task.values("CopySource", SOURCE))
        ]
    for bucket, key, reads in sources:
        yield from grant(need, sid, reads, [task.location.bucket_arn(bucket, key)])
        yield from bucket_key_grants(bucket, READS, task.location)
