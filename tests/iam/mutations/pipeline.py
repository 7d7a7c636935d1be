"""What the pipeline's own roles and policies allow: the calls that its proofs write down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mapspan.review.iam.accounts import Accounts
from mapspan.review.iam.simulator import Call
from tests.iam.combinations import COMBINATIONS, RUNS_KEY
from tests.iam.incremental_accounts import INCREMENTAL_ACCOUNTS, INCREMENTAL_CALLS
from tests.iam.key_source_accounts import BATCH_COPIER, COPIER, INVENTORY_BUCKET_ARN, KEY_SOURCES, REPLICA_ARN, S3
from tests.iam.mutations.expectation import Expectation, Kind
from tests.iam.mutations.widening import about_itself
from tests.iam.operation_accounts import FROM_ALARM, KEY_ARN, OPERATION_ACCOUNTS, SCHEDULE_CALLS, SERVICE_CALLS
from tests.iam.pipeline_accounts import (
    ASSUME_CALLS,
    DATA,
    DATA_ARN,
    LIST,
    MACHINE,
    NAME,
    PROCESS,
    ROLE_CALLS,
    RUNS_ARN,
    SUMMARIZE,
)

PLACE = "us-east-1:111111111111"
KINDS = [
    Kind(rf"{RUNS_ARN}(/.*)?", actions=["kms:*"]),
    *(Kind(rf"{bucket}/2026/.*") for bucket in (DATA_ARN, REPLICA_ARN)),
    Kind(rf"{INVENTORY_BUCKET_ARN}/{DATA}/{NAME}/.*"),
    Kind(rf"{RUNS_ARN}/key-lists/.*/listed/.*", [LIST]),
    Kind(rf"{RUNS_ARN}/key-lists/.*/objects/.*", [LIST]),
    Kind(rf"{RUNS_ARN}/key-lists/.*/retry/.*", [SUMMARIZE]),
    Kind(rf"{RUNS_ARN}/key-lists/.*", [SUMMARIZE, MACHINE], ["s3:GetObject"]),
    Kind(rf"{RUNS_ARN}/map-runs/.*", [SUMMARIZE, MACHINE]),
    Kind(rf"{RUNS_ARN}/results/.*", [PROCESS, SUMMARIZE]),
    Kind(rf"{RUNS_ARN}/run-summaries/.*", [SUMMARIZE]),
    Kind(rf"{RUNS_ARN}/incremental/.*"),
    *(Kind(rf"arn:aws:logs:{PLACE}:log-group:/aws/lambda/{NAME}-{name}:.*") for name in (
        "list-objects", "process-objects", "summarize-run")),
    Kind(rf"arn:aws:logs:us-east-1:222222222222:log-group:/aws/lambda/{NAME}-merge-statements:.*"),
    Kind(rf"arn:aws:states:{PLACE}:execution:{NAME}:.*"),
    Kind(rf"arn:aws:states:{PLACE}:execution:{NAME}/ProcessObjects:.*"),
    Kind(rf"arn:aws:states:{PLACE}:execution:{NAME}/ProcessKeyList:.*"),
    Kind(rf"arn:aws:states:{PLACE}:execution:{NAME}/ProcessShard:.*"),
    Kind(rf"arn:aws:states:{PLACE}:mapRun:{NAME}/ProcessObjects:.*"),
]  # fmt: skip

CONTEXT_KEYS = {"s3:prefix", "kms:ViaService"}
# As SNS requires, every kind of data key: modules/statements/alarms.py
DATA_KEYS = Call("cloudwatch.amazonaws.com", "kms:GenerateDataKey*", KEY_ARN, FROM_ALARM)
# The replica's key names S3 and the replication's role, whose own policy names the objects.
REPLICATES = [
    Call(COPIER, f"kms:{action}", RUNS_KEY, {"kms:ViaService": "s3.us-east-1.amazonaws.com"})
    for action in ("Encrypt", "GenerateDataKey")
]
BY_CONDITION = {
    f"{sid}: any principal": "the condition names the role" for sid in ("AcceptReplicas", "EncryptReplicas")
}
# Children of a Map without a label, and a redriven run itself.
WATCHED = [Call(MACHINE, "states:DescribeExecution", f"arn:aws:states:{PLACE}:execution:{NAME}:4c5a")]


def pipelines() -> Iterator[Expectation]:
    """The pipeline in each of its forms."""
    yield _of("incremental", INCREMENTAL_ACCOUNTS, INCREMENTAL_CALLS)
    yield _of(
        "schedule and alarms",
        OPERATION_ACCOUNTS,
        [*ROLE_CALLS, *ASSUME_CALLS, *SCHEDULE_CALLS, *SERVICE_CALLS, DATA_KEYS],
    )
    for name, (accounts, calls, assume_calls, _) in COMBINATIONS.items():
        yield _of(name, accounts, [*calls, *assume_calls])
    for name, (accounts, calls, _) in KEY_SOURCES.items():
        yield _of(name, accounts, calls)


def _of(name: str, accounts: Accounts, calls: Sequence[Call]) -> Expectation:
    calls = [_as_derived(call) for call in calls]
    contexts = {json.dumps(call.context, sort_keys=True) for call in calls if call.context.keys() & CONTEXT_KEYS}
    return Expectation(
        name=name,
        accounts=accounts,
        owners=[*accounts.roles, *accounts.buckets, *accounts.resource_policies],
        calls=[*calls, *WATCHED],
        kinds=KINDS,
        left_to_callers=REPLICATES,
        harmless={**about_itself(accounts), **BY_CONDITION},
        contexts=[{"s3:prefix": "elsewhere/"}, *(json.loads(context) for context in sorted(contexts))],
        any_owner=[COPIER, BATCH_COPIER, S3],  # the reason is in modules/statements/replication.py
        foreign_buckets=[DATA],
    )


def _as_derived(call: Call) -> Call:
    """A definition's permissions on a key name the key and S3; the bucket's permissions limit them to objects."""
    if call.principal == MACHINE and call.action.startswith("kms:"):
        return replace(call, context={"kms:ViaService": call.context["kms:ViaService"]})
    return call
