"""A missing permission fails the run, and the error names it: never an empty key list and a successful run."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Cloud

MACHINE_ROLE = "mapspan-local-state-machine"


@pytest.fixture(autouse=True, scope="module")
def _objects(cloud: Cloud) -> None:
    cloud.put({f"2026/denied/{number}": b"x" for number in range(3)})


def cause(cloud: Cloud, prefix: str = "2026/denied/") -> str:
    outcome = cloud.run({"prefix": prefix})
    assert outcome.status == "FAILED"
    return f"{outcome.error}: {outcome.cause}"


def test_without_the_bucket_policy_the_run_says_access_denied(cloud: Cloud) -> None:
    policy = cloud.source_s3.get_bucket_policy(Bucket=cloud.source_bucket)["Policy"]
    cloud.source_s3.delete_bucket_policy(Bucket=cloud.source_bucket)
    try:
        assert "AccessDenied" in cause(cloud)
    finally:
        cloud.source_s3.put_bucket_policy(Bucket=cloud.source_bucket, Policy=policy)


def test_without_the_readers_statement_every_key_is_denied(cloud: Cloud) -> None:
    policy = json.loads(cloud.source_s3.get_bucket_policy(Bucket=cloud.source_bucket)["Policy"])
    listing = {**policy, "Statement": [s for s in policy["Statement"] if s["Sid"] == "ListSourceBucket"]}
    cloud.source_s3.put_bucket_policy(Bucket=cloud.source_bucket, Policy=json.dumps(listing))
    try:
        assert "ExceedToleratedFailureThreshold" in cause(cloud)
    finally:
        cloud.source_s3.put_bucket_policy(Bucket=cloud.source_bucket, Policy=json.dumps(policy))


def test_a_prefix_that_the_environment_does_not_name_is_denied(cloud: Cloud) -> None:
    """By IAM too: the run's first state refuses such an input before anything is listed."""
    cloud.put({"secret/1": b"x"})
    assert "InvalidInput" in cause(cloud, "secret/")
    answer = cloud.functions.invoke(
        FunctionName="mapspan-local-list-objects", Payload=json.dumps({"check_access": ["secret/"]}).encode()
    )
    [check] = json.loads(answer["Payload"].read())
    assert "AccessDenied" in check["error"]


@pytest.mark.parametrize(
    ("role", "policy", "named"),
    [
        (MACHINE_ROLE, "run-map", "states:StartExecution"),
        (MACHINE_ROLE, "invoke-functions", "lambda:InvokeFunction"),
        (MACHINE_ROLE, "read-items", "States.ItemReaderFailed"),
        (MACHINE_ROLE, "write-results", "States.ResultWriterFailed"),
        ("mapspan-local-list-objects", "list-source-bucket", "AccessDenied"),
        ("mapspan-local-list-objects", "write-key-list", "AccessDenied"),
        ("mapspan-local-process-objects", "read-source-objects", "States.ExceedToleratedFailureThreshold"),
        ("mapspan-local-process-objects", "write-results", "States.ExceedToleratedFailureThreshold"),
        ("mapspan-local-summarize-run", "read-results", "AccessDenied"),
    ],
)
def test_without_a_need_the_run_fails_and_names_it(cloud: Cloud, role: str, policy: str, named: str) -> None:
    with cloud.without_role_policy(role, policy):
        assert named in cause(cloud)
