"""The accounts of environments whose keys come from an inventory or a replica, and their calls."""

from __future__ import annotations

from mapspan.review.iam.accounts import Accounts, Bucket, Role
from mapspan.review.iam.simulator import Call
from modules.asl import permissions
from modules.pipeline.workflow.definition import pipeline_bounds
from modules.pipeline.workflow.key_sources import KeySourceStates
from modules.pipeline.workflow.key_sources.inventory import InventoryStates
from modules.pipeline.workflow.key_sources.replication import ReplicationStates
from modules.statements import functions
from modules.statements.buckets import deny_plain_http
from modules.statements.inventory import deliver, encrypt_deliveries
from modules.statements.replication import (
    ENCRYPTS,
    WRITES,
    accept_replicas,
    encrypt_replicas,
    replicate,
    replicate_existing,
)
from modules.statements.source import source_statements
from modules.statements.trust import trust
from tests.iam.combinations import DATA_KEY, RUNS_KEY, administered, by_s3
from tests.iam.pipeline_accounts import (
    ACCOUNTS,
    ASSUME_CALLS,
    DATA,
    DATA_ARN,
    FUNCTIONS,
    LIST,
    LOCAL,
    LOGS,
    MACHINE,
    NAME,
    OBJECT,
    PLAIN_HTTP,
    PREFIXES,
    PROCESS,
    REFUSED_CALLS,
    REGION,
    RETRY_LIST,
    ROLE_CALLS,
    RUNS,
    RUNS_ARN,
    SHARD_CHILD,
    SOURCE,
    SUMMARIZE,
    TARGET,
    definition_of,
    document,
    function_role,
    role,
)

MAP_RUN = f"arn:aws:states:{REGION}:{TARGET}:mapRun:{NAME}/ProcessObjects:4c5a"
RETRY_CHILD = f"arn:aws:states:{REGION}:{TARGET}:execution:{NAME}/ProcessKeyList:4c5a"


def machine(key_source: KeySourceStates, keys: dict[str, str]) -> Role:
    """The state machine's role, with what its definition needs."""
    bounds = pipeline_bounds(key_source, map_runs_arn=MAP_RUN.replace("4c5a", "*"))
    needs = permissions.needs(
        definition_of(key_source),
        name=NAME,
        account_id=TARGET,
        region=REGION,
        bounds=bounds,
        kms_keys={RUNS: RUNS_KEY, **keys},
    )
    return Role(
        policies={need: document(*statements) for need, statements in needs.items()},
        trust=ACCOUNTS.roles[MACHINE].trust,
    )


SUMMARIZER = function_role("summarize-run", functions.summarize_run(runs_bucket_arn=RUNS_ARN, runs_key_arn=RUNS_KEY))

# What only a listing has: the lister, and the Map of its shards.
_OF_A_LISTING = {FUNCTIONS["list-objects"], SHARD_CHILD}
# The calls of the functions and the machine that all key sources have in common.
COMMON_CALLS = [
    call
    for call in ROLE_CALLS
    if LIST not in call.principal and call.resource not in _OF_A_LISTING and f"{LOGS}-list" not in call.resource
]
MAP_RUN_CALLS = [
    Call(MACHINE, "states:DescribeMapRun", MAP_RUN),
    *(Call(MACHINE, f"states:{action}", RETRY_CHILD) for action in ("DescribeExecution", "RedriveExecution")),
]
RUNS_KEY_CALLS = [
    Call(PROCESS, "kms:GenerateDataKey", RUNS_KEY, by_s3(RUNS_ARN)),
    Call(SUMMARIZE, "kms:Decrypt", RUNS_KEY, by_s3(RUNS_ARN)),
    Call(SUMMARIZE, "kms:GenerateDataKey", RUNS_KEY, by_s3(RUNS_ARN)),
    *(
        Call(MACHINE, f"kms:{action}", RUNS_KEY, by_s3(RUNS_ARN))
        for action in ("Decrypt", "Encrypt", "GenerateDataKey")
    ),
]
REFUSED_EVERYWHERE = [
    *(call for call in REFUSED_CALLS if LIST not in (call.principal, call.resource)),
    Call(SUMMARIZE, "s3:PutObject", RETRY_LIST, PLAIN_HTTP),
]
REFUSED_MAP_RUN_CALLS = [
    Call(MACHINE, "states:DescribeMapRun", MAP_RUN.replace(NAME, f"{NAME}-2")),
    Call(MACHINE, "states:StopExecution", RETRY_CHILD),
]

INVENTORY_BUCKET = LOCAL.inventory_bucket
INVENTORY_BUCKET_ARN = f"arn:aws:s3:::{INVENTORY_BUCKET}"
BASE = f"{DATA}/{NAME}/"
MANIFEST, KEYS = (
    f"{INVENTORY_BUCKET_ARN}/{BASE}{file}" for file in ("2026-11-20T01-00Z/manifest.json", "data/a.csv.gz")
)
FROM_SOURCE = {"aws:SourceArn": DATA_ARN, "aws:SourceAccount": SOURCE}
S3 = "s3.amazonaws.com"

INVENTORY_ACCOUNTS = Accounts(
    roles={
        PROCESS: function_role(
            "process-objects",
            functions.process_objects(
                source_bucket_arn=DATA_ARN, prefixes=PREFIXES, runs_bucket_arn=RUNS_ARN, runs_key_arn=RUNS_KEY
            ),
        ),
        SUMMARIZE: SUMMARIZER,
        MACHINE: machine(
            InventoryStates(
                bucket=INVENTORY_BUCKET, account_id=TARGET, base=BASE, prefix=PREFIXES[0], max_age_hours=48
            ),
            {INVENTORY_BUCKET: RUNS_KEY},
        ),
    },
    buckets={
        RUNS: ACCOUNTS.buckets[RUNS],
        INVENTORY_BUCKET: Bucket(
            account_id=TARGET,
            policy=document(
                deny_plain_http(INVENTORY_BUCKET_ARN), deliver(DATA_ARN, SOURCE, INVENTORY_BUCKET_ARN, BASE)
            ),
        ),
        DATA: Bucket(
            account_id=SOURCE,
            policy=document(
                *source_statements(
                    bucket_arn=DATA_ARN, prefixes=PREFIXES, lister_principal=None, reader_principal=PROCESS
                )
            ),
        ),
    },
    resource_policies={RUNS_KEY: administered(TARGET, encrypt_deliveries(DATA_ARN, SOURCE))},
)
INVENTORY_CALLS = [
    *COMMON_CALLS,
    *MAP_RUN_CALLS,
    *RUNS_KEY_CALLS,
    Call(MACHINE, "s3:ListBucket", INVENTORY_BUCKET_ARN, {"s3:prefix": BASE}),
    *(Call(MACHINE, "s3:GetObject", key) for key in (MANIFEST, KEYS)),
    *(Call(S3, "s3:PutObject", key, FROM_SOURCE) for key in (MANIFEST, KEYS)),
    Call(S3, "kms:GenerateDataKey", RUNS_KEY, FROM_SOURCE),
]
REFUSED_INVENTORY_CALLS = [
    *REFUSED_EVERYWHERE,
    *REFUSED_MAP_RUN_CALLS,
    Call(MACHINE, "s3:ListBucket", INVENTORY_BUCKET_ARN, {"s3:prefix": ""}),
    Call(MACHINE, "s3:GetObject", f"{INVENTORY_BUCKET_ARN}/{DATA}/another/data/a.csv.gz"),
    Call(MACHINE, "s3:GetObject", KEYS, {"aws:SecureTransport": "false"}),
    Call(MACHINE, "s3:PutObject", KEYS),
    Call(PROCESS, "s3:GetObject", KEYS),
    Call(S3, "s3:PutObject", f"{INVENTORY_BUCKET_ARN}/elsewhere", FROM_SOURCE),
    Call(S3, "s3:PutObject", KEYS, FROM_SOURCE | {"aws:SourceArn": "arn:aws:s3:::another-bucket"}),
    Call(S3, "s3:PutObject", KEYS, FROM_SOURCE | {"aws:SourceAccount": "999999999999"}),
    Call(S3, "s3:GetObject", KEYS, FROM_SOURCE),
    Call(S3, "kms:Decrypt", RUNS_KEY, FROM_SOURCE),
    Call(S3, "kms:GenerateDataKey", RUNS_KEY, FROM_SOURCE | {"aws:SourceAccount": "999999999999"}),
]
ASSUME_CALLS_WITHOUT_LISTER = [call for call in ASSUME_CALLS if call.resource != LIST]

REPLICA = LOCAL.replica_bucket
REPLICA_ARN = f"arn:aws:s3:::{REPLICA}"
COPY, OTHER_COPY = (f"{REPLICA_ARN}/{key}" for key in ("2026/11/a.json", "2025/a.json"))
COPIER, BATCH_COPIER = (f"arn:aws:iam::{SOURCE}:role/{NAME}-{name}" for name in ("replication", "batch-replication"))

REPLICATION_ACCOUNTS = Accounts(
    roles={
        PROCESS: function_role(
            "process-objects",
            functions.process_objects(
                source_bucket_arn=REPLICA_ARN,
                prefixes=PREFIXES,
                source_key_arn=RUNS_KEY,
                runs_bucket_arn=RUNS_ARN,
                runs_key_arn=RUNS_KEY,
            ),
        ),
        SUMMARIZE: SUMMARIZER,
        MACHINE: machine(ReplicationStates(bucket=REPLICA, account_id=TARGET, replicated=PREFIXES), {}),
        COPIER: role(
            trust("s3"),
            replicate(
                source_arn=DATA_ARN,
                prefixes=PREFIXES,
                replica_arn=REPLICA_ARN,
                source_key_arn=DATA_KEY,
                replica_key_arn=RUNS_KEY,
                tags=True,
            ),
        ),
        BATCH_COPIER: role(trust("batchoperations.s3"), replicate_existing(source_arn=DATA_ARN, prefixes=PREFIXES)),
    },
    buckets={
        RUNS: ACCOUNTS.buckets[RUNS],
        REPLICA: Bucket(
            account_id=TARGET,
            policy=document(
                deny_plain_http(REPLICA_ARN),
                accept_replicas(
                    replica_arn=REPLICA_ARN,
                    prefixes=PREFIXES,
                    role_arn=COPIER,
                    source_account_id=SOURCE,
                    tags=True,
                ),
            ),
        ),
        DATA: Bucket(account_id=SOURCE),
    },
    resource_policies={
        RUNS_KEY: administered(TARGET, encrypt_replicas(role_arn=COPIER, source_account_id=SOURCE, region=REGION)),
        DATA_KEY: administered(SOURCE),
    },
)
REPLICATION_CALLS = [
    *(call for call in COMMON_CALLS if call.resource != OBJECT),
    *MAP_RUN_CALLS,
    *RUNS_KEY_CALLS,
    Call(MACHINE, "s3:ListBucket", REPLICA_ARN, {"s3:prefix": "2026/11/"}),
    Call(PROCESS, "s3:GetObject", COPY),
    Call(PROCESS, "kms:Decrypt", RUNS_KEY, by_s3(COPY)),
    Call(COPIER, "s3:GetReplicationConfiguration", DATA_ARN),
    Call(COPIER, "s3:ListBucket", DATA_ARN),
    *(Call(COPIER, f"s3:GetObjectVersion{what}", OBJECT) for what in ("ForReplication", "Acl", "Tagging")),
    *(Call(COPIER, action, COPY) for action in (*WRITES, "s3:ReplicateTags")),
    Call(COPIER, "kms:Decrypt", DATA_KEY, by_s3(OBJECT)),
    *(Call(COPIER, action, RUNS_KEY, by_s3(COPY)) for action in ENCRYPTS),
    Call(BATCH_COPIER, "s3:InitiateReplication", OBJECT),
    *(
        Call(BATCH_COPIER, f"s3:{action}", DATA_ARN)
        for action in ("GetReplicationConfiguration", "PutInventoryConfiguration")
    ),
]
REPLICATION_ASSUME_CALLS = [
    *ASSUME_CALLS_WITHOUT_LISTER,
    Call(S3, "sts:AssumeRole", COPIER),
    Call("batchoperations.s3.amazonaws.com", "sts:AssumeRole", BATCH_COPIER),
]
REFUSED_REPLICATION_CALLS = [
    *REFUSED_EVERYWHERE,
    *REFUSED_MAP_RUN_CALLS,
    # The source grants nothing: no role of the target account reaches its bucket.
    *(Call(role, action, OBJECT) for role in (PROCESS, MACHINE) for action in ("s3:GetObject", "s3:GetObjectVersion")),
    Call(MACHINE, "s3:ListBucket", DATA_ARN, {"s3:prefix": "2026/11/"}),
    Call(MACHINE, "s3:ListBucket", REPLICA_ARN, {"s3:prefix": "2025/"}),
    Call(PROCESS, "s3:GetObject", OTHER_COPY),
    Call(PROCESS, "s3:GetObject", COPY, PLAIN_HTTP),
    Call(PROCESS, "s3:ReplicateObject", COPY),
    Call(COPIER, "s3:GetObject", COPY),
    Call(COPIER, "s3:PutObject", COPY),
    Call(COPIER, "s3:PutObjectTagging", COPY),
    Call(COPIER, "s3:ReplicateObject", OTHER_COPY),
    Call(COPIER, "s3:ReplicateObject", f"{RUNS_ARN}/2026/11/a.json"),
    Call(COPIER, "s3:GetObject", OBJECT),
    Call(COPIER, "kms:Decrypt", RUNS_KEY, by_s3(COPY)),
    Call(COPIER, "kms:Encrypt", RUNS_KEY),
    Call(BATCH_COPIER, "s3:ReplicateObject", COPY),
    Call(BATCH_COPIER, "kms:Encrypt", RUNS_KEY, by_s3(COPY)),
    Call("batchoperations.s3.amazonaws.com", "sts:AssumeRole", COPIER),
    Call(S3, "sts:AssumeRole", BATCH_COPIER),
]

KEY_SOURCES: dict[str, tuple[Accounts, list[Call], list[Call]]] = {
    "inventory": (INVENTORY_ACCOUNTS, [*INVENTORY_CALLS, *ASSUME_CALLS_WITHOUT_LISTER], REFUSED_INVENTORY_CALLS),
    "replication": (REPLICATION_ACCOUNTS, [*REPLICATION_CALLS, *REPLICATION_ASSUME_CALLS], REFUSED_REPLICATION_CALLS),
}
