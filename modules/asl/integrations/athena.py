"""Athena: https://docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html.

A query has the permissions of its caller: on the results, on the data, and on the tables in the Glue Data Catalog.
https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena.html
"""

import re
from collections.abc import Iterator

from modules.asl.bucket_keys import READS, WRITES, bucket_key_grants, through_s3
from modules.asl.grant import Grant
from modules.asl.nested_states import member
from modules.asl.objects_in_s3 import BEGINNING
from modules.asl.run_a_job import Derive, Waits, waits_for_job
from modules.asl.statement import list_condition
from modules.asl.task import Task, grant

NEED = "run-queries"
TABLES = '["<database>.<table>"]'

READ_TABLES = tuple(
    f"glue:{call}"
    for call in (
        "GetDatabase",
        "GetDatabases",
        "GetTable",
        "GetTables",
        "GetPartition",
        "GetPartitions",
        "BatchGetPartition",
    )
)
WRITE_TABLES = (
    *(f"glue:{verb}{what}" for what in ("Database", "Table", "Partition") for verb in ("Create", "Update", "Delete")),
    "glue:BatchDeleteTable",
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
)

_ONLY_READS = re.compile(r"\s*(select|with|show|describe|explain|values)\b", re.IGNORECASE)


def start_query(task: Task, waits: Waits) -> Iterator[Grant]:
    """A query, its results, its tables and its data. A query that isn't a literal SELECT may write, too."""
    actions: tuple[str, ...] = ("athena:StartQueryExecution",)
    if waits_for_job(waits):
        actions += ("athena:GetQueryExecution", "athena:StopQueryExecution")
    work_groups = task.arns("WorkGroup", "athena", "workgroup/") if task.has("WorkGroup") else []
    groups = work_groups or [task.location.arn("athena", "workgroup/primary")]
    yield from grant(NEED, "RunQueries", actions, groups)
    # A query may name a catalog in its text.
    yield from grant(NEED, "GetCatalogs", ("athena:GetDataCatalog",), [task.location.arn("athena", "datacatalog/*")])
    yield from _result_grants(task)
    query = task.state.argument("QueryString")
    reads = isinstance(query, str) and bool(_ONLY_READS.match(query))
    why = "does not follow from the text of the query"
    yield from _data_grants(task, task.require("Data", why, f"[{BEGINNING}]"), reads=reads)
    yield from _table_grants(task, task.require("Tables", why, TABLES), reads=reads)
    # AWS defines no narrower resource for this action. It has no effect without Lake Formation.
    yield from grant(NEED, "UseLakeFormation", ("lakeformation:GetDataAccess",), ["*"])


def use_query(action: str) -> Derive:
    """A call on a query that was started before; only its work group has an ARN."""

    def derive(task: Task, _waits: Waits) -> Iterator[Grant]:
        groups = task.arns("WorkGroup", "athena", "workgroup/")
        yield from grant(NEED, action, (f"athena:{action}",), groups)
        if action == "GetQueryResults":
            for bucket, prefix in _split(task.require("OutputLocation", "is known only from the query", BEGINNING)):
                objects = [task.location.bucket_arn(bucket, f"{prefix}*")]
                yield from grant(NEED, "ReadResults", ("s3:GetObject",), objects)
                yield from bucket_key_grants(bucket, READS, task.location)

    return derive


def _result_grants(task: Task) -> Iterator[Grant]:
    """Writing the results. A bound takes precedence: a work group may override the location in the arguments."""
    configuration = task.state.argument("ResultConfiguration")
    location = member(configuration, "OutputLocation")
    bound = task.bounds.bound(task.state.name, "OutputLocation")
    if bound is None and isinstance(location, str):
        bound = [location.removeprefix("s3://")]
    elif bound is None:
        why = "is known only from the work group" if location is None else "is known only at run time"
        bound = task.require("OutputLocation", why, BEGINNING)
    for bucket, prefix in _split(bound):
        yield from _bucket(task, "ListResults", bucket, "", ("s3:ListBucketMultipartUploads",))
        objects = [task.location.bucket_arn(bucket, f"{prefix}*")]
        writes = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
        yield from grant(NEED, "WriteResults", writes, objects)
        yield from bucket_key_grants(bucket, WRITES, task.location)
    key = member(member(configuration, "EncryptionConfiguration"), "KmsKey")
    if key is not None:
        keys = task.bounds.values(task.state.name, "KmsKey", key, '"<key ARN>"')
        yield from grant("use-keys", "EncryptObjects", WRITES, keys, through_s3(task.location.region))


def _data_grants(task: Task, data: list[str], *, reads: bool) -> Iterator[Grant]:
    for bucket, prefix in _split(data):
        yield from _bucket(task, "ListData", bucket, prefix, ())
        actions: tuple[str, ...] = ("s3:GetObject",)
        if not reads:
            actions += ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
        yield from grant(
            NEED, "ReadData" if reads else "ReadAndWriteData", actions, [task.location.bucket_arn(bucket, f"{prefix}*")]
        )
        yield from bucket_key_grants(bucket, READS if reads else WRITES, task.location)


def _bucket(task: Task, sid: str, bucket: str, prefix: str, further: tuple[str, ...]) -> Iterator[Grant]:
    arns = [task.location.bucket_arn(bucket)]
    yield from grant(NEED, f"{sid}Location", ("s3:GetBucketLocation", *further), arns)
    yield from grant(NEED, sid, ("s3:ListBucket",), arns, list_condition(prefix, exactly=False))


def _table_grants(task: Task, tables: list[str], *, reads: bool) -> Iterator[Grant]:
    """The tables, with their databases and the catalog. Athena reads the database `default` before every query.

    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    """
    resources = [task.location.arn("glue", "catalog"), task.location.arn("glue", "database/default")]
    for name in tables:
        database, _, table = name.partition(".")
        resources.append(task.location.arn("glue", f"database/{database}"))
        resources.append(task.location.arn("glue", f"table/{database}/{table or '*'}"))
        if not reads:
            resources.append(task.location.arn("glue", f"userDefinedFunction/{database}/*"))
    if tables:
        actions = READ_TABLES if reads else READ_TABLES + WRITE_TABLES
        yield from grant(NEED, "ReadTables" if reads else "ReadAndWriteTables", actions, resources)


def _split(locations: list[str]) -> Iterator[tuple[str, str]]:
    for location in locations:
        bucket, _, prefix = location.partition("/")
        yield bucket, prefix
