"""The permissions boundary of an environment's roles in each account: the most that any role there may do.

It is one managed policy an account, so it is written shorter than the roles' own policies, which stay as narrow as
they are: by the names of functions and buckets. Nothing of IAM or STS is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from environments.company import VpcSettings
from modules.asl.permissions import needs as machine_needs
from modules.bucket_reference import BucketReference
from modules.location import Location
from modules.statements import Statements
from modules.statements.deploy_resources import all_of, allow, in_account
from modules.statements.functions import merge_statements
from modules.statements.network import network
from modules.statements.replication import replicate, replicate_existing
from modules.statements.source import READ, READ_TAGS
from modules.via_s3 import via_s3

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_LENGTH = 6_144
_USE_KEYS = all_of("kms", "Decrypt Encrypt GenerateDataKey")
_TRACES = all_of("xray", "PutTraceSegments PutTelemetryRecords")
_NO_STATES: Mapping[str, Any] = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}


def target_boundary(
    *,
    prefix: str,
    location: Location,
    runs: BucketReference,
    readable: Sequence[BucketReference],
    output: BucketReference | None,
    reads_tags: bool,
    grants: Statements,
    vpc: VpcSettings | None = None,
) -> Statements:
    """The most that the functions, the state machine and the schedule may do.

    Args:
        runs: the runs bucket, which they also write.
        readable: the buckets that they list and read, below the prefixes of each.
        output: the bucket that the job writes to.
        reads_tags: whether the job reads the objects' tags, and writes them.
        grants: what the job's settings grant. Denials stay in the role's own policy.
        vpc: the VPC of the functions.
    """
    functions, machine = location.arn("lambda", f"function:{prefix}-*"), f"{prefix}"
    own = [
        functions,
        location.arn("states", f"stateMachine:{machine}"),
        *(location.arn("states", f"execution:{machine}{end}") for end in (":*", "/*")),
        location.arn("states", f"mapRun:{machine}/*"),
    ]
    run = all_of("states", "StartExecution DescribeExecution RedriveExecution DescribeMapRun")
    write = all_of("s3", "PutObject DeleteObject AbortMultipartUpload ListMultipartUploadParts")
    tags = all_of("s3", "PutObjectTagging") if reads_tags else []
    statements = [
        _logs(location, prefix),
        allow("Service", _service_actions(location), "*"),
        allow("Run", ["lambda:InvokeFunction", *run], own),
        _bucket("Runs", runs, ["s3:ListBucket", READ, "s3:GetObjectVersion", *write]),
    ]
    read = ["s3:ListBucket", READ, *([READ_TAGS] if reads_tags else [])]
    statements += [_bucket(f"Read{number}", bucket, read) for number, bucket in enumerate(readable, 1)]
    if output is not None:
        upload = [*write[:1], *write[2:], "s3:ListBucketMultipartUploads", *tags]
        statements.append(_bucket("Output", output, upload))
    statements += _keys(
        "UseKeys",
        [
            (bucket.key_arn, bucket.location.region)
            for bucket in (runs, *readable, *([output] if output else []))
            if bucket.key_arn
        ],
    )
    if vpc is not None:
        statements += network(location=location, vpc=vpc)
    statements += [
        {**_without_sid(grant), "Sid": f"Job{number}"}
        for number, grant in enumerate(grants, 1)
        if grant["Effect"] == "Allow"
    ]
    return statements


def source_boundary(
    *,
    prefix: str,
    source: BucketReference,
    previous_buckets: Sequence[str],
    replica: BucketReference | None,
    merges: bool,
    tags: bool,
) -> Statements:
    """The most that the function which merges policies and the roles of a replication may do.

    Args:
        previous_buckets: source buckets from before, whose policies still hold our statements.
        replica: the bucket that the source bucket is replicated to, if it is.
        merges: whether the function exists.
        tags: whether replicas get the objects' tags.
    """
    needs: list[Mapping[str, Any]] = []
    if merges:
        needs += [_logs(source.location, prefix), allow("Trace", _TRACES, "*")]
        arns = [source.location.bucket_arn(name) for name in (source.name, *previous_buckets)]
        merging = merge_statements(bucket_arns=arns, account_id=source.location.account_id)
        needs += merging["change-bucket-policy"]
    if replica is not None:
        copying = replicate(
            source_arn=source.arn,
            prefixes=source.prefixes,
            replica_arn=replica.arn,
            source_key_arn=None,
            replica_key_arn=None,
            tags=tags,
        ) | replicate_existing(source_arn=source.arn, prefixes=source.prefixes)
        needs += [statement for statements in copying.values() for statement in statements]
        needs += _keys(
            "UseKeys",
            [(bucket.key_arn, bucket.location.region) for bucket in (source, replica) if bucket.key_arn],
        )
    if not needs:  # IAM takes no policy without a statement
        needs.append({"Effect": "Deny", "Action": "*", "Resource": "*"})
    return [{**_without_sid(need), "Sid": f"Need{number}"} for number, need in enumerate(needs, 1)]


def _logs(location: Location, prefix: str) -> Mapping[str, Any]:
    streams = location.arn("logs", f"log-group:/aws/lambda/{prefix}-*:*")
    return allow("Logs", all_of("logs", "CreateLogStream PutLogEvents"), streams)


def _service_actions(location: Location) -> list[str]:
    """The actions without a narrower resource: the deliveries of the machine's log, and traces."""
    needs = machine_needs(_NO_STATES, name="any", account_id=location.account_id, region=location.region)
    return sorted({action for statements in needs.values() for one in statements for action in one["Action"]})


def _bucket(sid: str, bucket: BucketReference, actions: Sequence[str]) -> dict[str, Any]:
    """Actions on a bucket and its objects below its prefixes. A role's own policy limits which prefixes it lists."""
    objects = [f"{bucket.arn}/{prefix}*" for prefix in bucket.prefixes or ("",)]
    return allow(sid, actions, [bucket.arn, *objects], in_account(bucket.location))


def _keys(sid: str, keys: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """The use of KMS keys through S3, from each key's ARN and its bucket's Region."""
    if keys:
        services = sorted({via_s3(region)["kms:ViaService"] for _, region in keys})
        arns = sorted({arn for arn, _ in keys})
        yield allow(sid, _USE_KEYS, arns, {"StringEquals": {"kms:ViaService": services}})


def _without_sid(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != "Sid"}
