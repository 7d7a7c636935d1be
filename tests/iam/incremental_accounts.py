"""The pipeline's accounts where runs are incremental, and the calls that the state of earlier runs costs."""

from __future__ import annotations

from dataclasses import replace

from mapspan.review.iam.simulator import Call
from modules.statements import functions
from tests.iam.pipeline_accounts import (
    ACCOUNTS,
    ASSUME_CALLS,
    DATA_ARN,
    LIST,
    MACHINE,
    PREFIXES,
    ROLE_CALLS,
    RUNS_ARN,
    SUMMARIZE,
    function_role,
)

LAST_SUCCESS = f"{RUNS_ARN}/incremental/their-bucket/last-success.json"
SEEN = f"{RUNS_ARN}/key-lists/run/objects/part-000-00000"

INCREMENTAL_ACCOUNTS = replace(
    ACCOUNTS,
    roles=dict(ACCOUNTS.roles)
    | {
        LIST: function_role(
            "list-objects",
            functions.list_objects(
                source_bucket_arn=DATA_ARN, prefixes=PREFIXES, runs_bucket_arn=RUNS_ARN, incremental=True
            ),
        ),
        SUMMARIZE: function_role("summarize-run", functions.summarize_run(runs_bucket_arn=RUNS_ARN, incremental=True)),
    },
)
INCREMENTAL_CALLS = [
    *ROLE_CALLS,
    *ASSUME_CALLS,
    Call(LIST, "s3:GetObject", LAST_SUCCESS),
    Call(LIST, "s3:PutObject", SEEN),
    Call(LIST, "s3:DeleteObject", SEEN),
    Call(SUMMARIZE, "s3:GetObject", SEEN),
    Call(MACHINE, "s3:GetObject", SEEN),  # which may read whatever lies below key-lists/
    *(Call(SUMMARIZE, f"s3:{action}", LAST_SUCCESS) for action in ("GetObject", "PutObject", "DeleteObject")),
    *(Call(role, "s3:ListBucket", RUNS_ARN, {"s3:prefix": "incremental/their-bucket/"}) for role in (LIST, SUMMARIZE)),
]
