"""The permissions of a distributed Map: read items, write results, run child executions, use KMS keys.

https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
"""

from collections.abc import Iterator, Mapping

from modules.asl.bounds import Bounds
from modules.asl.bucket_keys import READS, WRITES, bucket_key_grants
from modules.asl.bucket_owner import in_owners_account
from modules.asl.gap import Gap
from modules.asl.grant import Grant
from modules.asl.machine_location import MachineLocation
from modules.asl.nested_states import NestedState, object_in
from modules.asl.plain_buckets import NOT_PLAIN, is_plain_bucket
from modules.asl.statement import list_condition
from modules.inventory_layout import data_files

BUCKET = '"<bucket name>"'


def map_grants(state: NestedState, location: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
    """Every permission that one distributed Map needs."""
    for part in ("ItemReader", "ResultWriter"):
        if isinstance(state.arguments_of(part), str):
            bounds.gaps.append(Gap.of_state(state.name, f"{part} takes its arguments from one expression"))
            return
    if object_in(state.state, "ItemReader"):
        reader = state.nested_argument("ItemReader", "Bucket")
        owner = state.nested_argument("ItemReader", "ExpectedBucketOwner")
        for bucket in _buckets(state, "ItemReader.Bucket", reader, bounds):
            grants = _reader_grants(state, bucket, location, bounds)
            yield from in_owners_account(grants, owner, [location.bucket_arn(bucket)])
            yield from bucket_key_grants(bucket, READS, location)
    if "Resource" in object_in(state.state, "ResultWriter"):
        writer = state.nested_argument("ResultWriter", "Bucket")
        owner = state.nested_argument("ResultWriter", "ExpectedBucketOwner")
        for bucket in _buckets(state, "ResultWriter.Bucket", writer, bounds):
            grants = _writer_grants(state, bucket, location, bounds)
            yield from in_owners_account(grants, owner, [location.bucket_arn(bucket)])
            yield from bucket_key_grants(bucket, WRITES, location)
    yield from _run_grants(state, location)


def _buckets(state: NestedState, field: str, value: object, bounds: Bounds) -> Iterator[str]:
    for bucket in bounds.values(state.name, field, value, BUCKET):
        if is_plain_bucket(bucket):
            yield bucket
        else:
            bounds.gaps.append(Gap(reason=f"{state.name}: {field} {bucket!r} {NOT_PLAIN}; write the name of a bucket"))


def _reader_grants(state: NestedState, bucket: str, location: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
    reader = object_in(state.state, "ItemReader")
    config = object_in(reader, "ReaderConfig")
    resource = str(reader.get("Resource", ""))
    if resource.endswith(":s3:listObjectsV2"):
        yield from _prefix_grants(state, bucket, location, bounds, contents="InputType" in config)
    elif resource.endswith(":s3:getObject"):
        yield from _file_grants(state, bucket, location, bounds, config)
    else:
        unknown = f"ItemReader.Resource {resource!r} is unknown; use s3:listObjectsV2 or s3:getObject"
        bounds.gaps.append(Gap(reason=f"{state.name}: {unknown}"))


def _prefix_grants(
    state: NestedState, bucket: str, location: MachineLocation, bounds: Bounds, *, contents: bool
) -> Iterator[Grant]:
    """Listing below a prefix, and reading the objects there if their contents are the items."""
    prefix = state.nested_argument("ItemReader", "Prefix")
    beginnings = bounds.beginnings(state.name, "ItemReader.Prefix", "" if prefix is None else prefix)
    for beginning, exactly in beginnings:
        yield Grant(
            need="read-items",
            sid="ListItems",
            actions=("s3:ListBucket",),
            resources=(location.bucket_arn(bucket),),
            condition=list_condition(beginning, exactly=exactly),
        )
        if contents:
            yield _read(location, bucket, f"{beginning}*")


def _file_grants(
    state: NestedState, bucket: str, location: MachineLocation, bounds: Bounds, config: Mapping[str, object]
) -> Iterator[Grant]:
    """Reading one file, in the version that the reader names, and the data files of a manifest."""
    key = state.nested_argument("ItemReader", "Key")
    beginnings = bounds.beginnings(state.name, "ItemReader.Key", key)
    versioned = state.nested_argument("ItemReader", "VersionId") is not None
    inventory = config.get("ManifestType") == "S3_INVENTORY" or config.get("InputType") == "MANIFEST"
    for beginning, exactly in beginnings:
        yield _read(location, bucket, beginning if exactly else f"{beginning}*", versioned=versioned)
        if inventory and exactly:
            yield _read(location, bucket, f"{data_files(beginning)}*")
    if config.get("ManifestType") == "ATHENA_DATA" or (inventory and not all(exactly for _, exactly in beginnings)):
        data = bounds.require(
            state.name,
            "ItemReader.DataFiles",
            "is known only from the manifest",
            '"<bucket>/<what the keys of the data files begin with>"',
        )
        for beginning in data:
            data_bucket, _, prefix = beginning.partition("/")
            yield _read(location, data_bucket, f"{prefix}*")
            yield from bucket_key_grants(data_bucket, READS, location)


def _read(location: MachineLocation, bucket: str, key: str, *, versioned: bool = False) -> Grant:
    return Grant(
        need="read-items",
        sid="ReadItems",
        actions=("s3:GetObjectVersion" if versioned else "s3:GetObject",),
        resources=(location.bucket_arn(bucket, key),),
    )


def _writer_grants(state: NestedState, bucket: str, location: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
    prefix = state.nested_argument("ResultWriter", "Prefix")
    beginnings = bounds.beginnings(state.name, "ResultWriter.Prefix", "" if prefix is None else prefix)
    for beginning, exactly in beginnings:
        slash = "/" if exactly and beginning and not beginning.endswith("/") else ""
        yield Grant(
            need="write-results",
            sid="WriteResults",
            actions=(
                "s3:PutObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:AbortMultipartUpload",
            ),
            resources=(location.bucket_arn(bucket, f"{beginning}{slash}*"),),
        )


def _run_grants(state: NestedState, location: MachineLocation) -> Iterator[Grant]:
    """Starting, watching, stopping and redriving child executions, which run the machine itself.

    EXPRESS children can't be stopped: after the threshold they run to their end. A child is
    `execution:NAME/LABEL:uuid`, which `execution:NAME:*` doesn't match, so both are needed. Without a Label, AWS
    generates one.
    """
    label = state.state.get("Label", "*")
    children = location.arn("states", f"execution:{location.machine}/{label}:*")
    watched = (location.arn("states", f"execution:{location.machine}:*"), children)
    yield Grant(
        need="run-map",
        sid="StartChildExecutions",
        actions=("states:StartExecution",),
        resources=(location.machine_arn(),),
    )
    yield Grant(need="run-map", sid="WatchChildExecutions", actions=("states:DescribeExecution",), resources=watched)
    if not state.has_express_children:
        yield Grant(need="run-map", sid="StopChildExecutions", actions=("states:StopExecution",), resources=watched)
    yield Grant(
        need="run-map",
        sid="RedriveChildExecutions",
        actions=("states:RedriveExecution",),
        resources=(children,),
    )
