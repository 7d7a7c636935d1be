"""The local cloud refuses a policy whose length or characters AWS refuses."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local_cloud.patches.policy_limits import BUCKET_POLICY_BYTES, MANAGED_POLICY_LENGTH, ROLE_POLICIES_LENGTH
from local_cloud.process import SOURCE_ACCOUNT, TARGET_ACCOUNT, LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

ROLE, BUCKET = "limited", "limited"
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": TARGET_ACCOUNT}}


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, ensure_ascii=False, separators=(",", ":"))


def policy(text: str) -> str:
    return document({**STATEMENT, "Resource": STATEMENT["Resource"] + text})


def of_length(length: int) -> str:
    """A policy with as many characters, white space apart."""
    return policy("x" * (length - len(policy(""))))


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def iam(local_cloud: LocalCloud) -> Iterator[IAMClient]:
    client: IAMClient = local_cloud.client("iam", TARGET_ACCOUNT)
    client.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document(TRUST))
    yield client
    for name in client.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        client.delete_role_policy(RoleName=ROLE, PolicyName=name)
    client.delete_role(RoleName=ROLE)


def test_the_inline_policies_of_a_role_are_limited_together(iam: IAMClient) -> None:
    half = of_length(ROLE_POLICIES_LENGTH // 2)
    for name in ("one", "two", "two"):  # the second one replaces itself
        iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=half)
    longer = of_length(ROLE_POLICIES_LENGTH // 2 + 1)
    for name, text in (("two", longer), ("three", policy(""))):
        assert refusal(lambda: iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=text)) == (  # noqa: B023
            "LimitExceeded",
            "Maximum policy size of 10240 bytes exceeded for role limited",
        )
    assert sorted(iam.list_role_policies(RoleName=ROLE)["PolicyNames"]) == ["one", "two"]


def test_white_space_does_not_count(iam: IAMClient) -> None:
    indented = json.dumps(json.loads(of_length(ROLE_POLICIES_LENGTH)), indent=8)
    iam.put_role_policy(RoleName=ROLE, PolicyName="one", PolicyDocument=indented)


def test_a_managed_policy_and_each_version_of_it_are_limited(iam: IAMClient) -> None:
    longest, longer = of_length(MANAGED_POLICY_LENGTH), of_length(MANAGED_POLICY_LENGTH + 1)
    refused = ("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
    assert refusal(lambda: iam.create_policy(PolicyName="longer", PolicyDocument=longer)) == refused
    arn = iam.create_policy(PolicyName="longest", PolicyDocument=longest)["Policy"]["Arn"]
    assert refusal(lambda: iam.create_policy_version(PolicyArn=arn, PolicyDocument=longer)) == refused
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=longest)


@pytest.mark.parametrize("character", ["\u0100", "\u202e", "数", "😀", "\ufeff"])
def test_iam_takes_no_other_character_than_latin_1(iam: IAMClient, character: str) -> None:
    text = policy("").replace("a/", f"a/{character}")
    trust = document({**TRUST, "Sid": character})
    name = f"refused-{uuid.uuid4()}"
    for call in (
        lambda: iam.put_role_policy(RoleName=ROLE, PolicyName="one", PolicyDocument=text),
        lambda: iam.create_policy(PolicyName=name, PolicyDocument=text),
        lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust),
        lambda: iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust),
    ):
        code, message = refusal(call)
        assert code == "ValidationError"
        assert "olicyDocument' failed to satisfy constraint" in message


def test_iam_takes_latin_1_and_the_white_space_of_json(iam: IAMClient) -> None:
    text = json.dumps(json.loads(policy("é\u00a0ÿ")), indent="\t", ensure_ascii=False).replace("\n", "\r\n")
    iam.put_role_policy(RoleName=ROLE, PolicyName="one", PolicyDocument=text)


def test_a_malformed_policy_is_refused_as_such_however_long(iam: IAMClient) -> None:
    text = of_length(ROLE_POLICIES_LENGTH + 2).removesuffix("}")
    code, _ = refusal(lambda: iam.put_role_policy(RoleName=ROLE, PolicyName="one", PolicyDocument=text))
    assert code == "MalformedPolicyDocument"
    code, _ = refusal(lambda: iam.put_role_policy(RoleName="missing", PolicyName="one", PolicyDocument=text))
    assert code == "NoSuchEntity"


def test_a_bucket_policy_is_limited_in_bytes(local_cloud: LocalCloud) -> None:
    s3: S3Client = local_cloud.client("s3", SOURCE_ACCOUNT)
    s3.create_bucket(Bucket=BUCKET)
    allow: dict[str, Any] = {**STATEMENT, "Principal": {"AWS": SOURCE_ACCOUNT}}

    def of_bytes(size: int) -> str:
        resource = f"arn:aws:s3:::{BUCKET}/ü"
        rest = size - len(document({**allow, "Resource": resource}).encode())
        return document({**allow, "Resource": resource + "x" * rest})

    try:
        s3.put_bucket_policy(Bucket=BUCKET, Policy=of_bytes(BUCKET_POLICY_BYTES))
        longer = of_bytes(BUCKET_POLICY_BYTES + 1)
        assert refusal(lambda: s3.put_bucket_policy(Bucket=BUCKET, Policy=longer)) == (
            "MalformedPolicy",
            "Policy exceeds the maximum allowed document size.",
        )
    finally:
        s3.delete_bucket(Bucket=BUCKET)


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (
            {"Policies": [{"PolicyName": name, "PolicyDocument": json.loads(of_length(5_200))} for name in "ab"]},
            "Maximum policy size of 10240 bytes exceeded",
        ),
        ({"Policies": [{"PolicyName": "a", "PolicyDocument": json.loads(policy("数"))}]}, "regular expression pattern"),
        ({"PolicyDocument": json.loads(of_length(MANAGED_POLICY_LENGTH + 1))}, "PolicySize: 6144"),
    ],
    ids=["inline", "characters", "managed"],
)
def test_a_stack_with_such_a_policy_fails(local_cloud: LocalCloud, resource: dict[str, Any], reason: str) -> None:
    is_role = "Policies" in resource
    properties = {**resource, **({"AssumeRolePolicyDocument": json.loads(document(TRUST))} if is_role else {})}
    template = {
        "Resources": {"It": {"Type": f"AWS::IAM::{'Role' if is_role else 'ManagedPolicy'}", "Properties": properties}}
    }
    cloudformation, name = local_cloud.client("cloudformation", TARGET_ACCOUNT), f"limited-{uuid.uuid4()}"
    body = json.dumps(template, ensure_ascii=False)
    cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert any(reason in event.get("ResourceStatusReason", "") for event in events), events
