"""The accounts of environments that share a bucket policy or use customer managed keys, and their roles' calls."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mapspan.review.iam.accounts import Bucket, Document, Role
from mapspan.review.iam.simulator import Call
from modules.asl import permissions
from modules.statements import functions
from modules.statements.source import key_policy_statement, source_statements
from modules.statements.trust import trust
from tests.iam.pipeline_accounts import (
    ACCOUNTS,
    ASSUME_CALLS,
    BOUNDS,
    DATA,
    DATA_ARN,
    DEFINITION,
    KEY_LIST,
    LIST,
    LOCAL,
    MACHINE,
    NAME,
    OBJECT,
    PREFIXES,
    PROCESS,
    REFUSED_CALLS,
    REGION,
    RESULT,
    RETRY_LIST,
    ROLE_CALLS,
    RUNS,
    RUNS_ARN,
    SOURCE,
    SUMMARIZE,
    TARGET,
    document,
    function_role,
)

MERGE = f"arn:aws:iam::{SOURCE}:role/{NAME}-merge-statements"
DATA_KEY = f"arn:aws:kms:{REGION}:{SOURCE}:key/9f0d3b1c-data"
RUNS_KEY = f"arn:aws:kms:{REGION}:{TARGET}:key/9f0d3b1c-runs"
FOREIGN_STATEMENT = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": MERGE},
    "Action": "s3:GetBucketAcl",
    "Resource": DATA_ARN,
}
MERGE_LOGS = f"arn:aws:logs:{REGION}:{SOURCE}:log-group:/aws/lambda/{NAME}-merge-statements"

# In a policy with other statements, and in one that is handed over, each of our Sids has the environment's prefix.
SHARED_POLICY = document(
    FOREIGN_STATEMENT,
    *source_statements(
        bucket_arn=DATA_ARN,
        prefixes=PREFIXES,
        lister_principal=LIST,
        reader_principal=PROCESS,
        sid_prefix=LOCAL.sid_prefix,
    ),
)


def administered(account_id: str, *statements: Mapping[str, Any]) -> Document:
    """The policy that KMS gives a key, which lets the account's IAM policies decide, with more statements.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    root = {"AWS": f"arn:aws:iam::{account_id}:root"}
    return document(
        {"Sid": "Administer", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}, *statements
    )


def _merge_role() -> Role:
    needs = {
        **functions.merge_statements(bucket_arns=[DATA_ARN], account_id=SOURCE),
        **functions.logs_and_traces(log_group_arn=MERGE_LOGS),
    }
    return Role(policies={need: document(*statements) for need, statements in needs.items()}, trust=trust("lambda"))


# `merge`: a role of the source account changes the policy that our statements stand in.
MERGE_ACCOUNTS = replace(
    ACCOUNTS,
    roles={**ACCOUNTS.roles, MERGE: _merge_role()},
    buckets={**ACCOUNTS.buckets, DATA: Bucket(account_id=SOURCE, policy=SHARED_POLICY)},
)
MERGE_CALLS = [
    *(Call(MERGE, f"s3:{action}BucketPolicy", DATA_ARN) for action in ("Get", "Put", "Delete")),
    *(Call(MERGE, f"logs:{action}", f"{MERGE_LOGS}:log-stream:a") for action in ("CreateLogStream", "PutLogEvents")),
    *(Call(MERGE, f"xray:{action}") for action in ("PutTraceSegments", "PutTelemetryRecords")),
    Call(MERGE, "s3:GetBucketAcl", DATA_ARN),
]
MERGE_ASSUME_CALLS = [Call("lambda.amazonaws.com", "sts:AssumeRole", MERGE)]

# Customer managed keys on both sides, and the source's policy handed over.
KEY_ACCOUNTS = replace(
    ACCOUNTS,
    roles={
        **ACCOUNTS.roles,
        LIST: function_role(
            "list-objects",
            functions.list_objects(
                source_bucket_arn=DATA_ARN, prefixes=PREFIXES, runs_bucket_arn=RUNS_ARN, runs_key_arn=RUNS_KEY
            ),
        ),
        PROCESS: function_role(
            "process-objects",
            functions.process_objects(source_bucket_arn=DATA_ARN, prefixes=PREFIXES, source_key_arn=DATA_KEY),
        ),
        SUMMARIZE: function_role(
            "summarize-run", functions.summarize_run(runs_bucket_arn=RUNS_ARN, runs_key_arn=RUNS_KEY)
        ),
        MACHINE: Role(
            policies={
                need: document(*statements)
                for need, statements in permissions.needs(
                    DEFINITION,
                    name=NAME,
                    account_id=TARGET,
                    region=REGION,
                    bounds=BOUNDS,
                    kms_keys={RUNS: RUNS_KEY},
                ).items()
            },
            trust=ACCOUNTS.roles[MACHINE].trust,
        ),
    },
    resource_policies={
        DATA_KEY: administered(
            SOURCE,
            key_policy_statement(
                key_arn=DATA_KEY,
                bucket_arn=DATA_ARN,
                prefixes=PREFIXES,
                reader_principal=PROCESS,
                sid_prefix=LOCAL.sid_prefix,
            ),
        ),
        RUNS_KEY: administered(TARGET),
    },
)


def by_s3(arn: str, service: str = f"s3.{REGION}.amazonaws.com") -> dict[str, str]:
    """The context of a call that S3 makes to KMS for an object, or a bucket."""
    return {"kms:ViaService": service, "kms:EncryptionContext:aws:s3:arn": arn}


KEY_CALLS = [
    *(Call(PROCESS, "kms:Decrypt", DATA_KEY, by_s3(arn)) for arn in (OBJECT, DATA_ARN)),
    Call(LIST, "kms:GenerateDataKey", RUNS_KEY, by_s3(RUNS_ARN)),
    Call(SUMMARIZE, "kms:Decrypt", RUNS_KEY, by_s3(RESULT)),
    Call(SUMMARIZE, "kms:GenerateDataKey", RUNS_KEY, by_s3(RETRY_LIST)),
    *(
        Call(MACHINE, f"kms:{action}", RUNS_KEY, by_s3(RUNS_ARN))
        for action in ("Decrypt", "Encrypt", "GenerateDataKey")
    ),
]
REFUSED_KEY_CALLS = [
    Call(PROCESS, "kms:Decrypt", DATA_KEY),
    Call(PROCESS, "kms:Decrypt", DATA_KEY, by_s3(OBJECT, f"sqs.{REGION}.amazonaws.com")),
    Call(PROCESS, "kms:Decrypt", DATA_KEY, by_s3(f"{DATA_ARN}/2025/a.json")),
    Call(PROCESS, "kms:Decrypt", DATA_KEY, by_s3("arn:aws:s3:::another-bucket")),
    Call(PROCESS, "kms:GenerateDataKey", DATA_KEY, by_s3(OBJECT)),
    Call(PROCESS, "kms:Decrypt", RUNS_KEY, by_s3(RUNS_ARN)),
    Call(LIST, "kms:Decrypt", DATA_KEY, by_s3(OBJECT)),
    Call(LIST, "kms:Decrypt", RUNS_KEY, by_s3(KEY_LIST)),
    Call(LIST, "kms:GenerateDataKey", RUNS_KEY, by_s3(DATA_ARN)),
    Call(MACHINE, "kms:Decrypt", RUNS_KEY),
    Call(MACHINE, "kms:Decrypt", DATA_KEY, by_s3(OBJECT)),
]

COMBINATIONS = {
    "merge": (MERGE_ACCOUNTS, [*ROLE_CALLS, *MERGE_CALLS], [*ASSUME_CALLS, *MERGE_ASSUME_CALLS], REFUSED_CALLS),
    "keys": (KEY_ACCOUNTS, [*ROLE_CALLS, *KEY_CALLS], ASSUME_CALLS, [*REFUSED_CALLS, *REFUSED_KEY_CALLS]),
}
