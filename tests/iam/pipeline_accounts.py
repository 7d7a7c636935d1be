"""The pipeline's two accounts in the `local` environment, and every call that its roles make.

They are built from the statements that the stack gives its roles and buckets, without a deploy, so that tests can put
mistakes in. `tests/e2e/test_iam.py` compares them with the applied environment, and proves the same about that.
"""

from collections.abc import Mapping
from typing import Any

from environments.files import load
from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role
from mapspan.review.iam.simulator import Call
from modules.asl import permissions
from modules.pipeline.buckets import replica_bucket, runs_bucket, source_bucket
from modules.pipeline.workflow.definition import PIPELINE_BOUNDS, pipeline_definition
from modules.pipeline.workflow.key_sources import KeySourceStates
from modules.pipeline.workflow.key_sources.listing import ListingStates
from modules.statements import Statements, functions
from modules.statements.bucket_owners import in_owners_accounts
from modules.statements.buckets import deny_plain_http
from modules.statements.source import source_statements
from modules.statements.trust import trust, trust_state_machine

LOCAL = load("local")
TARGET, SOURCE, REGION, NAME = LOCAL.target.account_id, LOCAL.source.account_id, LOCAL.region, LOCAL.prefix
RUNS, DATA, PREFIXES = LOCAL.runs_bucket, LOCAL.source.bucket, LOCAL.source.prefixes

LIST, PROCESS, SUMMARIZE, MACHINE = (
    f"arn:aws:iam::{TARGET}:role/{NAME}-{name}"
    for name in ("list-objects", "process-objects", "summarize-run", "state-machine")
)
FUNCTIONS = {
    name: f"arn:aws:lambda:{REGION}:{TARGET}:function:{NAME}-{name}"
    for name in ("list-objects", "process-objects", "summarize-run")
}
MACHINE_ARN = f"arn:aws:states:{REGION}:{TARGET}:stateMachine:{NAME}"
CHILD = f"arn:aws:states:{REGION}:{TARGET}:execution:{NAME}/ProcessObjects:4c5a"
SHARD_CHILD = f"arn:aws:states:{REGION}:{TARGET}:execution:{NAME}/ProcessShard:4c5a"
LOGS = f"arn:aws:logs:{REGION}:{TARGET}:log-group:/aws/lambda/{NAME}"
RUNS_ARN, DATA_ARN = (f"arn:aws:s3:::{bucket}" for bucket in (RUNS, DATA))


def definition_of(key_source: KeySourceStates) -> dict[str, Any]:
    """The pipeline's definition, whose keys come from `key_source`."""
    return pipeline_definition(
        key_source=key_source,
        process_objects_arn=FUNCTIONS["process-objects"],
        summarize_run_arn=FUNCTIONS["summarize-run"],
        runs_bucket=RUNS,
        runs_account_id=TARGET,
        execution_type="EXPRESS",
        max_concurrency=4,
        max_items_per_batch=100,
        child_timeout_seconds=60,
    )


DEFINITION = definition_of(ListingStates(list_objects_arn=FUNCTIONS["list-objects"], prefixes=PREFIXES))


def document(*statements: Mapping[str, Any]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(trusted: Document, needs: Mapping[str, Statements]) -> Role:
    return Role(policies={need: document(*statements) for need, statements in needs.items()}, trust=trusted)


def function_role(name: str, needs: Mapping[str, Statements]) -> Role:
    return role(
        trust("lambda"),
        {
            **in_owners_accounts(needs, [runs_bucket(LOCAL), source_bucket(LOCAL), replica_bucket(LOCAL)]),
            **functions.logs_and_traces(log_group_arn=f"{LOGS}-{name}"),
        },
    )


ACCOUNTS = Accounts(
    roles={
        LIST: function_role(
            "list-objects",
            functions.list_objects(source_bucket_arn=DATA_ARN, prefixes=PREFIXES, runs_bucket_arn=RUNS_ARN),
        ),
        PROCESS: function_role(
            "process-objects",
            functions.process_objects(source_bucket_arn=DATA_ARN, prefixes=PREFIXES, runs_bucket_arn=RUNS_ARN),
        ),
        SUMMARIZE: function_role("summarize-run", functions.summarize_run(runs_bucket_arn=RUNS_ARN)),
        MACHINE: role(
            trust_state_machine(account_id=TARGET, state_machine_arn=MACHINE_ARN),
            permissions.needs(DEFINITION, name=NAME, account_id=TARGET, region=REGION, bounds=PIPELINE_BOUNDS),
        ),
    },
    buckets={
        RUNS: Bucket(account_id=TARGET, policy=document(deny_plain_http(RUNS_ARN))),
        DATA: Bucket(
            account_id=SOURCE,
            policy=document(
                *source_statements(
                    bucket_arn=DATA_ARN, prefixes=PREFIXES, lister_principal=LIST, reader_principal=PROCESS
                )
            ),
        ),
    },
)

KEY_LIST = f"{RUNS_ARN}/key-lists/run/listed/shard-003-000/part-000-00000.jsonl"
RETRY_LIST = f"{RUNS_ARN}/key-lists/run/retry/part-000-00000.jsonl"
RUN_SUMMARY = f"{RUNS_ARN}/run-summaries/run.json"
RESULT = f"{RUNS_ARN}/map-runs/run/4c5a/SUCCEEDED_0.jsonl"
BATCH_RESULTS = f"{RUNS_ARN}/results/run/4c5a.9f0d.jsonl.gz"
OBJECT = f"{DATA_ARN}/2026/11/a.json"
STREAM = "log-stream:2026/11/21/[$LATEST]4c5a"
FROM_MACHINE = {"aws:SourceAccount": TARGET, "aws:SourceArn": MACHINE_ARN}

# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
DELIVERS_LOGS = [
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
]
# https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
TRACES = [
    *(f"xray:Put{what}" for what in ("TraceSegments", "TelemetryRecords")),
    *(f"xray:GetSampling{what}" for what in ("Rules", "Targets")),
]

ROLE_CALLS = [
    Call(LIST, "s3:ListBucket", DATA_ARN, {"s3:prefix": "2026/11/"}),
    Call(LIST, "s3:ListBucket", RUNS_ARN, {"s3:prefix": "key-lists/run/listed/"}),
    Call(LIST, "s3:PutObject", KEY_LIST),
    Call(LIST, "s3:DeleteObject", KEY_LIST),
    Call(PROCESS, "s3:GetObject", OBJECT),
    Call(PROCESS, "s3:PutObject", BATCH_RESULTS),
    Call(SUMMARIZE, "s3:GetObject", RESULT),
    Call(SUMMARIZE, "s3:GetObjectVersion", BATCH_RESULTS),
    Call(SUMMARIZE, "s3:ListBucket", RUNS_ARN, {"s3:prefix": "key-lists/run/listed/"}),
    Call(SUMMARIZE, "s3:GetObject", KEY_LIST),
    Call(SUMMARIZE, "s3:GetObject", RETRY_LIST),
    Call(SUMMARIZE, "s3:PutObject", RETRY_LIST),
    Call(SUMMARIZE, "s3:DeleteObject", RETRY_LIST),
    Call(SUMMARIZE, "s3:PutObject", RUN_SUMMARY),
    Call(MACHINE, "s3:ListBucket", RUNS_ARN, {"s3:prefix": "key-lists/run/listed/"}),
    Call(MACHINE, "s3:GetObject", KEY_LIST),
    Call(MACHINE, "s3:GetObject", RETRY_LIST),
    *(
        Call(MACHINE, f"s3:{action}", RESULT)
        for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")
    ),
    *(Call(MACHINE, "lambda:InvokeFunction", function) for function in FUNCTIONS.values()),
    Call(MACHINE, "states:StartExecution", MACHINE_ARN),
    *(
        Call(MACHINE, f"states:{action}", child)
        for action in ("DescribeExecution", "RedriveExecution")
        for child in (CHILD, SHARD_CHILD)
    ),
    *(Call(MACHINE, action) for action in (*DELIVERS_LOGS, *TRACES)),
    *(
        Call(role, f"logs:{action}", f"{LOGS}-{role.rsplit(NAME + '-', maxsplit=1)[-1]}:{STREAM}")
        for role in (LIST, PROCESS, SUMMARIZE)
        for action in ("CreateLogStream", "PutLogEvents")
    ),
]
ROLE_CALLS += [
    Call(role, f"xray:{action}")
    for role in (LIST, PROCESS, SUMMARIZE)
    for action in ("PutTraceSegments", "PutTelemetryRecords")
]
ASSUME_CALLS = [
    *(Call("lambda.amazonaws.com", "sts:AssumeRole", role) for role in (LIST, PROCESS, SUMMARIZE)),
    Call("states.amazonaws.com", "sts:AssumeRole", MACHINE, FROM_MACHINE),
]
PLAIN_HTTP = {"aws:SecureTransport": "false"}
REFUSED_CALLS = [
    Call(LIST, "s3:ListBucket", DATA_ARN, {"s3:prefix": "2026/11/"} | PLAIN_HTTP),
    Call(LIST, "s3:ListBucket", DATA_ARN, {"s3:prefix": "2025/"}),
    Call(LIST, "s3:ListBucket", DATA_ARN, {"s3:prefix": ""}),
    Call(LIST, "s3:ListBucket", DATA_ARN),
    Call(LIST, "s3:PutObject", KEY_LIST, PLAIN_HTTP),
    Call(LIST, "s3:PutObject", RETRY_LIST),
    Call(LIST, "s3:ListBucket", RUNS_ARN, {"s3:prefix": "map-runs/"}),
    Call(SUMMARIZE, "s3:PutObject", KEY_LIST),
    Call(SUMMARIZE, "s3:DeleteObject", KEY_LIST),
    *(Call(SUMMARIZE, f"s3:{action}", RUN_SUMMARY) for action in ("GetObject", "DeleteObject")),
    Call(SUMMARIZE, "s3:PutObject", RUN_SUMMARY, PLAIN_HTTP),
    Call(LIST, "s3:PutObject", RUN_SUMMARY),
    Call(PROCESS, "s3:GetObject", OBJECT, PLAIN_HTTP),
    Call(PROCESS, "s3:GetObject", f"{DATA_ARN}/2025/a.json"),
    Call(PROCESS, "s3:PutObject", BATCH_RESULTS, PLAIN_HTTP),
    *(Call(PROCESS, "s3:PutObject", other) for other in (KEY_LIST, RETRY_LIST, RESULT, f"{RUNS_ARN}/code/a.zip")),
    *(Call(PROCESS, f"s3:{action}", BATCH_RESULTS) for action in ("GetObject", "GetObjectVersion", "DeleteObject")),
    *(Call(SUMMARIZE, f"s3:{action}", BATCH_RESULTS) for action in ("GetObject", "PutObject", "DeleteObject")),
    Call(SUMMARIZE, "s3:GetObjectVersion", RESULT),
    *(Call(role, "s3:GetObjectVersion", BATCH_RESULTS) for role in (LIST, MACHINE)),
    Call(MACHINE, "s3:ListBucket", RUNS_ARN, {"s3:prefix": "map-runs/"}),
    Call(MACHINE, "states:StartExecution", f"{MACHINE_ARN}-2"),
    *(Call(MACHINE, "states:StopExecution", child) for child in (CHILD, SHARD_CHILD)),
    Call("states.amazonaws.com", "sts:AssumeRole", MACHINE, FROM_MACHINE | {"aws:SourceAccount": SOURCE}),
    Call("states.amazonaws.com", "sts:AssumeRole", MACHINE, FROM_MACHINE | {"aws:SourceArn": f"{MACHINE_ARN}-2"}),
    Call("lambda.amazonaws.com", "sts:AssumeRole", MACHINE, FROM_MACHINE),
    Call("states.amazonaws.com", "sts:AssumeRole", LIST, FROM_MACHINE),
]
