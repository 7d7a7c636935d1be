"""What a plan doesn't show is read from the accounts; what can't be read is not known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from environments.files import load
from mapspan.deployment import Deployment
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.live_policies import LivePolicies, read_live_policies

STATEMENT = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
ARN = "arn:aws:iam::111111111111:policy/p"
WRITES = ResourceChange(
    address="aws_s3_bucket_policy.x",
    type="aws_s3_bucket_policy",
    action="create",
    after={"bucket": "landing-zone", "policy": "{}"},
)
CHANGES = ResourceChange(
    address="aws_iam_policy.x",
    type="aws_iam_policy",
    action="update",
    account_id="111111111111",
    before={"arn": ARN, "policy": "{}"},
    after={"arn": ARN, "policy": None},
)


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    """Stubs of the source account's S3 and the target account's IAM."""
    session = boto3.Session(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    s3, iam = session.client("s3"), session.client("iam")
    monkeypatch.setattr(Deployment, "source_s3", lambda _: s3)
    monkeypatch.setattr(Deployment, "iam", lambda _: iam)
    with Stubber(s3) as s3_stub, Stubber(iam) as iam_stub:
        yield {"s3": s3_stub, "iam": iam_stub}


def read(*changes: ResourceChange) -> LivePolicies:
    return read_live_policies(Plan(changes=changes), Deployment(environment=load("local")))


def test_the_policy_that_the_source_bucket_has_is_read(clients: dict[str, Stubber]) -> None:
    answer: dict[str, Any] = {"Policy": json.dumps({"Statement": STATEMENT})}
    asked = {"Bucket": "landing-zone", "ExpectedBucketOwner": "222222222222"}
    clients["s3"].add_response("get_bucket_policy", answer, asked)
    assert read(WRITES).bucket_policies == {"landing-zone": {"Statement": [STATEMENT]}}


def test_a_bucket_without_a_policy_is_known_and_a_denied_read_is_not(clients: dict[str, Stubber]) -> None:
    clients["s3"].add_client_error("get_bucket_policy", "NoSuchBucketPolicy")
    assert read(WRITES).bucket_policies == {"landing-zone": None}
    clients["s3"].add_client_error("get_bucket_policy", "AccessDenied")
    assert read(WRITES).bucket_policies == {}


def test_everyone_who_holds_a_changed_managed_policy_is_named(clients: dict[str, Stubber]) -> None:
    answer = {
        "PolicyRoles": [{"RoleName": "r"}],
        "PolicyUsers": [{"UserName": "u"}],
        "PolicyGroups": [{"GroupName": "g"}],
    }
    clients["iam"].add_response("list_entities_for_policy", answer, {"PolicyArn": ARN})
    assert read(CHANGES).policy_holders == {ARN: "`group/g`, `role/r`, `user/u`"}
    clients["iam"].add_client_error("list_entities_for_policy", "AccessDenied")
    assert read(CHANGES).policy_holders == {}


@pytest.mark.usefixtures("clients")
def test_nothing_is_asked_that_the_plan_does_not_touch() -> None:
    assert read() == LivePolicies()
