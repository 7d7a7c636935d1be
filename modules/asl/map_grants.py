"""What a distributed Map costs: its items read, its results written, its own machine run, its keys used.

https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
"""

from collections.abc import Iterator, Mapping

from modules.asl.bounds import Bounds
from modules.asl.grant import Grant
from modules.asl.nested_states import NestedState
from modules.asl.place import Place
from modules.asl.statement import Condition

BUCKET = '"<bucket name>"'


def map_grants(state: NestedState, place: Place, bounds: Bounds, kms_keys: Mapping[str, str]) -> Iterator[Grant]:
    """Everything one distributed Map needs."""
    read: list[str] = []
    written: list[str] = []
    if "ItemReader" in state.state:
        read = bounds.values(state.name, "ItemReader.Bucket", state.nested_argument("ItemReader", "Bucket"), BUCKET)
        for bucket in read:
            yield from _reader_grants(state, bucket, place, bounds)
    writer = state.state.get("ResultWriter")
    if isinstance(writer, Mapping) and "Resource" in writer:
        written = bounds.values(
            state.name, "ResultWriter.Bucket", state.nested_argument("ResultWriter", "Bucket"), BUCKET
        )
        for bucket in written:
            yield from _writer_grants(state, bucket, place, bounds)
    yield from _key_grants(read, written, place, kms_keys)
    yield from _run_grants(state, place)


def _reader_grants(state: NestedState, bucket: str, place: Place, bounds: Bounds) -> Iterator[Grant]:
    reader = state.state["ItemReader"]
    config = reader.get("ReaderConfig", {}) if isinstance(reader, Mapping) else {}
    resource = str(reader.get("Resource", "")) if isinstance(reader, Mapping) else ""
    if resource.endswith(":s3:listObjectsV2"):
        yield from _prefix_grants(state, bucket, place, bounds, contents="InputType" in config)
    elif resource.endswith(":s3:getObject"):
        yield from _file_grants(state, bucket, place, bounds, config)
    else:
        bounds.errors.append(f"{state.name}: ItemReader.Resource {resource!r} is not known here")


def _prefix_grants(state: NestedState, bucket: str, place: Place, bounds: Bounds, *, contents: bool) -> Iterator[Grant]:
    """Listing below a prefix, and reading there where the contents are the items."""
    prefix = state.nested_argument("ItemReader", "Prefix")
    beginnings = bounds.beginnings(state.name, "ItemReader.Prefix", "" if prefix is None else prefix)
    for beginning, exactly in beginnings:
        condition: Condition | None = None
        if exactly and beginning:
            condition = {"StringEquals": {"s3:prefix": beginning}}
        elif beginning:
            condition = {"StringLike": {"s3:prefix": f"{beginning}*"}}
        yield Grant(
            need="read-items",
            sid="ListItems",
            actions=("s3:ListBucket",),
            resources=(place.bucket_arn(bucket),),
            condition=condition,
        )
        if contents:
            yield _read(place, bucket, f"{beginning}*")


def _file_grants(
    state: NestedState, bucket: str, place: Place, bounds: Bounds, config: Mapping[str, object]
) -> Iterator[Grant]:
    """Reading one file, in the version the reader names, and the files a manifest names."""
    key = state.nested_argument("ItemReader", "Key")
    beginnings = bounds.beginnings(state.name, "ItemReader.Key", key)
    if key is None:
        bounds.errors.append(f"{state.name}: ItemReader.Key is missing")
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
            yield _read(place, *_bucket_and_prefix(beginning))


def _bucket_and_prefix(place: str) -> tuple[str, str]:
    bucket, _, prefix = place.partition("/")
    return bucket, f"{prefix}*"


def _read(place: Place, bucket: str, key: str, *, versioned: bool = False) -> Grant:
    return Grant(
        need="read-items",
        sid="ReadItems",
        actions=("s3:GetObjectVersion" if versioned else "s3:GetObject",),
        resources=(place.object_arn(bucket, key),),
    )


def _writer_grants(state: NestedState, bucket: str, place: Place, bounds: Bounds) -> Iterator[Grant]:
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


def _key_grants(read: list[str], written: list[str], place: Place, kms_keys: Mapping[str, str]) -> Iterator[Grant]:
    """The keys of the buckets, through S3 alone."""
    condition: Condition = {"StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}}
    for bucket in read:
        if bucket in kms_keys:
            yield Grant(
                need="use-keys",
                sid="DecryptItems",
                actions=("kms:Decrypt",),
                resources=(kms_keys[bucket],),
                condition=condition,
            )
    for bucket in written:
        if bucket in kms_keys:
            yield Grant(
                need="use-keys",
                sid="EncryptResults",
                actions=("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
                resources=(kms_keys[bucket],),
                condition=condition,
            )


def _run_grants(state: NestedState, place: Place) -> Iterator[Grant]:
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
