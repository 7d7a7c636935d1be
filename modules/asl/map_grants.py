"""What a distributed Map costs: its items read, its results written, its own machine run, its keys used.

https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
"""

from collections.abc import Iterator, Mapping

from modules.asl.bounds import Bounds
from modules.asl.bucket_keys import READS, WRITES, bucket_key_grants
from modules.asl.grant import Grant
from modules.asl.machine_location import MachineLocation
from modules.asl.nested_states import NestedState
from modules.asl.statement import below

BUCKET = '"<bucket name>"'


def map_grants(state: NestedState, place: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
    """Everything one distributed Map needs."""
    for part in ("ItemReader", "ResultWriter"):
        if isinstance(state.arguments_of(part), str):
            bounds.errors.append(f"{state.name}: {part} takes its arguments from one expression; write its fields out")
            return
    if "ItemReader" in state.state:
        reader = state.nested_argument("ItemReader", "Bucket")
        for bucket in bounds.values(state.name, "ItemReader.Bucket", reader, BUCKET):
            yield from _reader_grants(state, bucket, place, bounds)
            yield from bucket_key_grants(bucket, READS, place)
    results = state.state.get("ResultWriter")
    if isinstance(results, Mapping) and "Resource" in results:
        writer = state.nested_argument("ResultWriter", "Bucket")
        for bucket in bounds.values(state.name, "ResultWriter.Bucket", writer, BUCKET):
            yield from _writer_grants(state, bucket, place, bounds)
            yield from bucket_key_grants(bucket, WRITES, place)
    yield from _run_grants(state, place)


def _reader_grants(state: NestedState, bucket: str, place: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
    reader = state.state["ItemReader"]
    config = reader.get("ReaderConfig", {}) if isinstance(reader, Mapping) else {}
    resource = str(reader.get("Resource", "")) if isinstance(reader, Mapping) else ""
    if resource.endswith(":s3:listObjectsV2"):
        yield from _prefix_grants(state, bucket, place, bounds, contents="InputType" in config)
    elif resource.endswith(":s3:getObject"):
        yield from _file_grants(state, bucket, place, bounds, config)
    else:
        bounds.errors.append(f"{state.name}: ItemReader.Resource {resource!r} is not known here")


def _prefix_grants(
    state: NestedState, bucket: str, place: MachineLocation, bounds: Bounds, *, contents: bool
) -> Iterator[Grant]:
    """Listing below a prefix, and reading there where the contents are the items."""
    prefix = state.nested_argument("ItemReader", "Prefix")
    beginnings = bounds.beginnings(state.name, "ItemReader.Prefix", "" if prefix is None else prefix)
    for beginning, exactly in beginnings:
        yield Grant(
            need="read-items",
            sid="ListItems",
            actions=("s3:ListBucket",),
            resources=(place.bucket_arn(bucket),),
            condition=below(beginning, exactly=exactly),
        )
        if contents:
            yield _read(place, bucket, f"{beginning}*")


def _file_grants(
    state: NestedState, bucket: str, place: MachineLocation, bounds: Bounds, config: Mapping[str, object]
) -> Iterator[Grant]:
    """Reading one file, in the version the reader names, and the files a manifest names."""
    key = state.nested_argument("ItemReader", "Key")
    if key is None:
        bounds.errors.append(f"{state.name}: ItemReader.Key is missing")
    beginnings = bounds.beginnings(state.name, "ItemReader.Key", key)
    versioned = state.nested_argument("ItemReader", "VersionId") is not None
    for beginning, exactly in beginnings:
        yield _read(place, bucket, beginning if exactly else f"{beginning}*", versioned=versioned)
        if exactly and (config.get("ManifestType") == "S3_INVENTORY" or config.get("InputType") == "MANIFEST"):
            # A delivery is CONFIG/DATE/manifest.json beside CONFIG/data/.
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
            delivery = beginning.rsplit("/", 2)[0] + "/" if beginning.count("/") > 1 else ""
            yield _read(place, bucket, f"{delivery}data/*")
    if config.get("ManifestType") == "ATHENA_DATA":
        data = bounds.ask(
            state.name,
            "ItemReader.DataFiles",
            "is what the manifest names",
            '"<bucket>/<what the data files begin with>"',
        )
        for beginning in data:
            data_bucket, _, prefix = beginning.partition("/")
            yield _read(place, data_bucket, f"{prefix}*")
            yield from bucket_key_grants(data_bucket, READS, place)


def _read(place: MachineLocation, bucket: str, key: str, *, versioned: bool = False) -> Grant:
    return Grant(
        need="read-items",
        sid="ReadItems",
        actions=("s3:GetObjectVersion" if versioned else "s3:GetObject",),
        resources=(place.object_arn(bucket, key),),
    )


def _writer_grants(state: NestedState, bucket: str, place: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
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
            resources=(place.object_arn(bucket, f"{beginning}{slash}*"),),
        )


def _run_grants(state: NestedState, place: MachineLocation) -> Iterator[Grant]:
    """Starting child executions of the machine itself, watching, stopping and redriving them.

    A child is `execution:NAME/LABEL:uuid`, which `execution:NAME:*` doesn't match: both are needed. Without a
    Label, AWS makes one up.
    """
    label = state.state.get("Label", "*")
    children = place.arn("states", f"execution:{place.machine}/{label}:*")
    yield Grant(
        need="run-map",
        sid="StartChildExecutions",
        actions=("states:StartExecution",),
        resources=(place.machine_arn(),),
    )
    yield Grant(
        need="run-map",
        sid="WatchAndStopChildExecutions",
        actions=("states:DescribeExecution", "states:StopExecution"),
        resources=(place.arn("states", f"execution:{place.machine}:*"), children),
    )
    yield Grant(
        need="run-map",
        sid="RedriveChildExecutions",
        actions=("states:RedriveExecution",),
        resources=(children,),
    )
