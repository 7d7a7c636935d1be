"""The pipeline's two accounts, written down by hand but for what is derived from its definition.

What stands here is what the applied environment should hold; the proofs are tried on it first, where a
mistake can be put in at will.
"""

from collections.abc import Mapping
from typing import Any

from modules.asl import permissions, pipeline
from tests.iam.accounts import Accounts, Bucket, Document, Role
from tests.iam.simulator import Call

TARGET, SOURCE, REGION, NAME = "111111111111", "222222222222", "us-east-1", "mapspan-local"
RUNS, DATA = f"{NAME}-runs-{TARGET}-{REGION}", "source-data"

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
LOGS = f"arn:aws:logs:{REGION}:{TARGET}:log-group:/aws/lambda/{NAME}"

DEFINITION = pipeline.definition(
    list_objects_arn=FUNCTIONS["list-objects"],
    process_objects_arn=FUNCTIONS["process-objects"],
    summarize_run_arn=FUNCTIONS["summarize-run"],
    runs_bucket=RUNS,
    runs_account_id=TARGET,
    prefixes=["2026/"],
    execution_type="EXPRESS",
    max_concurrency=1000,
    max_items_per_batch=100,
    child_timeout_seconds=60,
)


def document(*statements: Mapping[str, Any]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(sid: str, actions: list[str], resource: str, **more: object) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource} | more


def trust(service: str, **condition: object) -> Document:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return document(statement | ({"Condition": condition} if condition else {}))


def logs(name: str) -> Document:
    return document(allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{LOGS}-{name}:*"))


def tls_only(bucket: str) -> dict[str, object]:
    return {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


BELOW_2026 = {"StringLike": {"s3:prefix": "2026/*"}}

ACCOUNTS = Accounts(
    roles={
        LIST: Role(
            policies={
                "list-source": document(
                    allow("ListSource", ["s3:ListBucket"], f"arn:aws:s3:::{DATA}", Condition=BELOW_2026)
                ),
                "write-key-list": document(
                    allow("WriteKeyLists", ["s3:PutObject", "s3:DeleteObject"], f"arn:aws:s3:::{RUNS}/key-lists/*")
                ),
                "write-logs": logs("list-objects"),
            },
            trust=trust("lambda.amazonaws.com"),
        ),
        PROCESS: Role(
            policies={
                "read-source": document(allow("ReadSource", ["s3:GetObject"], f"arn:aws:s3:::{DATA}/2026/*")),
                "write-logs": logs("process-objects"),
            },
            trust=trust("lambda.amazonaws.com"),
        ),
        SUMMARIZE: Role(
            policies={
                "read-results": document(allow("ReadResults", ["s3:GetObject"], f"arn:aws:s3:::{RUNS}/map-runs/*")),
                "write-retry": document(allow("WriteRetry", ["s3:PutObject"], f"arn:aws:s3:::{RUNS}/key-lists/*")),
                "write-logs": logs("summarize-run"),
            },
            trust=trust("lambda.amazonaws.com"),
        ),
        MACHINE: Role(
            policies={
                need: document(*statements)
                for need, statements in permissions.needs(
                    DEFINITION, name=NAME, account_id=TARGET, region=REGION, bounds=pipeline.BOUNDS
                ).items()
            },
            trust=trust(
                "states.amazonaws.com",
                StringEquals={"aws:SourceAccount": TARGET},
                ArnLike={"aws:SourceArn": MACHINE_ARN},
            ),
        ),
    },
    buckets={
        RUNS: Bucket(account_id=TARGET, policy=document(tls_only(RUNS))),
        DATA: Bucket(
            account_id=SOURCE,
            policy=document(
                tls_only(DATA),
                allow(
                    "ListForMapspan",
                    ["s3:ListBucket"],
                    f"arn:aws:s3:::{DATA}",
                    Principal={"AWS": LIST},
                    Condition=BELOW_2026,
                ),
                allow("ReadForMapspan", ["s3:GetObject"], f"arn:aws:s3:::{DATA}/2026/*", Principal={"AWS": PROCESS}),
            ),
        ),
    },
)

KEY_LIST = f"arn:aws:s3:::{RUNS}/key-lists/run/listed/part-000-00000.jsonl"
RESULT = f"arn:aws:s3:::{RUNS}/map-runs/run/4c5a/SUCCEEDED_0.json"
OBJECT = f"arn:aws:s3:::{DATA}/2026/11/a.json"
STREAM = "log-stream:2026/11/21/[$LATEST]4c5a"
FROM_MACHINE = {"aws:SourceAccount": TARGET, "aws:SourceArn": MACHINE_ARN}

MADE = [
    Call(LIST, "s3:ListBucket", f"arn:aws:s3:::{DATA}", {"s3:prefix": "2026/11/"}),
    Call(LIST, "s3:PutObject", KEY_LIST),
    Call(LIST, "s3:DeleteObject", KEY_LIST),
    Call(PROCESS, "s3:GetObject", OBJECT),
    Call(SUMMARIZE, "s3:GetObject", RESULT),
    Call(SUMMARIZE, "s3:PutObject", KEY_LIST),
    Call(MACHINE, "s3:ListBucket", f"arn:aws:s3:::{RUNS}", {"s3:prefix": "key-lists/run/listed/"}),
    Call(MACHINE, "s3:GetObject", KEY_LIST),
    *(
        Call(MACHINE, f"s3:{action}", RESULT)
        for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")
    ),
    *(Call(MACHINE, "lambda:InvokeFunction", function) for function in FUNCTIONS.values()),
    Call(MACHINE, "states:StartExecution", MACHINE_ARN),
    *(
        Call(MACHINE, f"states:{action}", CHILD)
        for action in ("DescribeExecution", "StopExecution", "RedriveExecution")
    ),
    *(
        Call(MACHINE, action)
        for need in ("deliver-logs", "trace")
        for action in ACCOUNTS.roles[MACHINE].policies[need]["Statement"][0]["Action"]
    ),
    *(
        Call(role, f"logs:{action}", f"{LOGS}-{role.rsplit(NAME + '-', maxsplit=1)[-1]}:{STREAM}")
        for role in (LIST, PROCESS, SUMMARIZE)
        for action in ("CreateLogStream", "PutLogEvents")
    ),
]
ASSUMED = [
    *(Call("lambda.amazonaws.com", "sts:AssumeRole", role) for role in (LIST, PROCESS, SUMMARIZE)),
    Call("states.amazonaws.com", "sts:AssumeRole", MACHINE, FROM_MACHINE),
]
PLAIN = {"aws:SecureTransport": "false"}
REFUSED = [
    Call(LIST, "s3:ListBucket", f"arn:aws:s3:::{DATA}", {"s3:prefix": "2026/11/"} | PLAIN),
    Call(LIST, "s3:ListBucket", f"arn:aws:s3:::{DATA}", {"s3:prefix": "2025/"}),
    Call(LIST, "s3:ListBucket", f"arn:aws:s3:::{DATA}", {"s3:prefix": ""}),
    Call(LIST, "s3:ListBucket", f"arn:aws:s3:::{DATA}"),
    Call(LIST, "s3:PutObject", KEY_LIST, PLAIN),
    Call(PROCESS, "s3:GetObject", OBJECT, PLAIN),
    Call(PROCESS, "s3:GetObject", f"arn:aws:s3:::{DATA}/2025/a.json"),
    Call(MACHINE, "s3:ListBucket", f"arn:aws:s3:::{RUNS}", {"s3:prefix": "map-runs/"}),
    Call(MACHINE, "states:StartExecution", f"{MACHINE_ARN}-2"),
    Call("states.amazonaws.com", "sts:AssumeRole", MACHINE, FROM_MACHINE | {"aws:SourceAccount": SOURCE}),
    Call("states.amazonaws.com", "sts:AssumeRole", MACHINE, FROM_MACHINE | {"aws:SourceArn": f"{MACHINE_ARN}-2"}),
    Call("lambda.amazonaws.com", "sts:AssumeRole", MACHINE, FROM_MACHINE),
    Call("states.amazonaws.com", "sts:AssumeRole", LIST, FROM_MACHINE),
]
