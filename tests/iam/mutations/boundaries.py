"""What the permissions boundaries leave possible: everything that some role of the environment does, and nothing else.

A boundary is written by the names of functions and buckets, not by each role's prefixes, which stay in the roles' own
policies.
"""

from __future__ import annotations

from collections.abc import Iterator

from environments.environment import Environment
from mapspan.deploying.bootstrap import stacks
from mapspan.deploying.deployers import Deployers
from mapspan.review.iam.accounts import Accounts, Bucket, Document, Role
from mapspan.review.iam.simulator import Call
from tests.iam.combinations import administered
from tests.iam.deploy_accounts import ADMIN, KEYS, VARIANTS
from tests.iam.mutations.expectation import NOBODY, Expectation, Kind
from tests.iam.pipeline_accounts import DELIVERS_LOGS, TRACES

TARGET, SOURCE = "111111111111", "222222222222"
ROLES = {"target": f"arn:aws:iam::{TARGET}:role/any", "source": f"arn:aws:iam::{SOURCE}:role/any"}
PLACE = f"us-east-1:{TARGET}"
RUNS, OUTPUT, REPLICA = (
    f"arn:aws:s3:::mapspan-local-{name}-{TARGET}-us-east-1" for name in ("runs", "output", "replica")
)
DATA = "arn:aws:s3:::landing-zone"
FUNCTION = f"arn:aws:lambda:{PLACE}:function:mapspan-local-list-objects"
MACHINE = f"arn:aws:states:{PLACE}:stateMachine:mapspan-local"
EXECUTION, CHILD = (f"arn:aws:states:{PLACE}:execution:mapspan-local{end}" for end in (":run", "/ProcessObjects:4c5a"))
MAP_RUN = f"arn:aws:states:{PLACE}:mapRun:mapspan-local/ProcessObjects:4c5a"
VIA_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
GROUPS = [f"arn:aws:logs:us-east-1:{account}:log-group:/aws/lambda/mapspan-local-" for account in (TARGET, SOURCE)]
HARMLESS = {
    f"{sid}: {groups}*:* → {groups}{end}": "the calls take streams only"
    for groups in GROUPS
    for sid in ("Logs", "Need1")
    for end in ("*", "**")
}
WRITES = "PutObject AbortMultipartUpload ListMultipartUploadParts"
EVERYTHING, MERGE, REPLICATION = VARIANTS


def boundaries() -> Iterator[Expectation]:
    """The boundary of each account, in the forms in which it holds something."""
    yield _of("boundary, target account", EVERYTHING, "target", list(_target_calls()))
    yield _of("boundary, merge", MERGE, "source", list(_merge_calls()))
    yield _of("boundary, replication", REPLICATION, "source", list(_replication_calls()))


def _of(name: str, environment: Environment, side: str, calls: list[Call]) -> Expectation:
    role = ROLES[side]
    return Expectation(
        name=name,
        accounts=Accounts(
            roles={role: Role(policies={"boundary": _document(environment, side)}, trust=NOBODY)},
            buckets={
                **{arn.removeprefix("arn:aws:s3:::"): Bucket(account_id=TARGET) for arn in (RUNS, OUTPUT, REPLICA)},
                DATA.removeprefix("arn:aws:s3:::"): Bucket(account_id=SOURCE),
            },
            resource_policies={KEYS[0]: administered(TARGET), KEYS[1]: administered(SOURCE)},
        ),
        owners=[role],
        calls=calls,
        kinds=[
            *(Kind(rf"arn:aws:logs:us-east-1:{account}:log-group:/aws/lambda/mapspan-local-.*")
              for account in (TARGET, SOURCE)),
            Kind(rf"arn:aws:lambda:{PLACE}:function:mapspan-local-.*"),
            Kind(rf"arn:aws:states:{PLACE}:execution:mapspan-local:.*"),
            Kind(rf"arn:aws:states:{PLACE}:execution:mapspan-local/.*"),
            Kind(rf"arn:aws:states:{PLACE}:mapRun:mapspan-local/.*"),
            *(
                Kind(rf"{RUNS}/{prefix}/.*")
                for prefix in ("key-lists", "map-runs", "results", "run-summaries", "incremental")
            ),
            Kind(rf"{OUTPUT}/.*"),
            *(Kind(rf"{bucket}/2026/.*") for bucket in (DATA, REPLICA)),
        ],
        harmless=HARMLESS,
        contexts=[{**VIA_S3, "aws:RequestedRegion": "us-east-1"}],
        any_owner=[ROLES["source"]] if side == "source" and environment is REPLICATION else [],
    )  # fmt: skip


def _document(environment: Environment, side: str) -> Document:
    for stack in stacks(environment, Deployers(principals=[ADMIN])):
        for resource in stack.template["Resources"].values():
            if stack.part == side and resource["Type"] == "AWS::IAM::ManagedPolicy":
                document: Document = resource["Properties"]["PolicyDocument"]
                return document
    raise LookupError(side)


def _calls(side: str, service: str, actions: str, *resources: str) -> Iterator[Call]:
    context = VIA_S3 if service == "kms" else {}
    for resource in resources:
        for action in actions.split():
            yield Call(ROLES[side], f"{service}:{action}", resource, context)


def _target_calls() -> Iterator[Call]:
    stream = f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/mapspan-local-list-objects:log-stream:a"
    yield from _calls("target", "logs", "CreateLogStream PutLogEvents", stream)
    yield from (Call(ROLES["target"], action) for action in (*DELIVERS_LOGS, *TRACES))
    yield from _calls("target", "lambda", "InvokeFunction", FUNCTION)
    yield from _calls("target", "states", "StartExecution", MACHINE)
    yield from _calls("target", "states", "DescribeExecution RedriveExecution", EXECUTION, CHILD)
    yield from _calls("target", "states", "DescribeMapRun", MAP_RUN)
    prefixes = ("key-lists", "map-runs", "results", "run-summaries", "incremental")
    objects = [f"{RUNS}/{prefix}/a" for prefix in prefixes]
    yield from _calls("target", "s3", f"GetObject GetObjectVersion DeleteObject {WRITES}", *objects)
    yield from _calls("target", "s3", "ListBucket", RUNS, DATA)
    yield from _calls("target", "s3", "GetObject GetObjectTagging", f"{DATA}/2026/a")
    yield from _calls("target", "s3", f"PutObjectTagging {WRITES}", f"{OUTPUT}/a")
    yield from _calls("target", "s3", "ListBucketMultipartUploads", OUTPUT)
    yield from _calls("target", "kms", "Decrypt Encrypt GenerateDataKey", *KEYS)
    # The job's own policy, tests/fixtures/policies/lookup.json.
    table = f"arn:aws:dynamodb:{PLACE}:table/products"
    yield from _calls("target", "dynamodb", "GetItem BatchGetItem", table)
    yield Call(ROLES["target"], "textract:DetectDocumentText", "*", {"aws:RequestedRegion": "us-east-1"})


def _merge_calls() -> Iterator[Call]:
    stream = f"arn:aws:logs:us-east-1:{SOURCE}:log-group:/aws/lambda/mapspan-local-merge-statements:log-stream:a"
    yield from _calls("source", "logs", "CreateLogStream PutLogEvents", stream)
    yield from _calls("source", "xray", "PutTraceSegments PutTelemetryRecords", "*")
    yield from _calls("source", "s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy", DATA)


def _replication_calls() -> Iterator[Call]:
    yield from _calls("source", "s3", "GetReplicationConfiguration ListBucket PutInventoryConfiguration", DATA)
    versions = "GetObjectVersionForReplication GetObjectVersionAcl GetObjectVersionTagging InitiateReplication"
    yield from _calls("source", "s3", versions, f"{DATA}/2026/a")
    copies = "ReplicateObject ReplicateDelete ReplicateTags ObjectOwnerOverrideToBucketOwner"
    yield from _calls("source", "s3", copies, f"{REPLICA}/2026/a")
    yield from _calls("source", "kms", "Decrypt Encrypt GenerateDataKey", *KEYS)
