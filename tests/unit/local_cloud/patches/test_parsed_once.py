import json
from types import SimpleNamespace
from typing import Any

import pytest
from ministack.core import iam_evaluator  # type: ignore[import-untyped] # it has no types
from ministack.services import s3  # type: ignore[import-untyped] # likewise

from local_cloud.patches.parsed_once import parse_policies_once, parse_public_access_blocks_once
from local_cloud.process import SOURCE_ACCOUNT, LocalCloud

POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]})


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were parsed as JSON, with our patch in place."""
    texts: list[str] = []
    own = json.loads

    def note(text: str, **options: Any) -> Any:
        texts.append(text)
        return own(text, **options)

    monkeypatch.setattr(json, "loads", note)
    for module, name in (
        (iam_evaluator, "parse_policy_document"),
        (iam_evaluator, "evaluate_resource_policy"),
        (s3, "_policy_is_public"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))  # undone at the end
    parse_policies_once()
    return texts


def test_a_policys_text_is_parsed_once_and_another_text_again(loads: list[str]) -> None:
    other = POLICY.replace("GetObject", "PutObject")
    for text, action in ((POLICY, "s3:GetObject"), (POLICY, "s3:GetObject"), (other, "s3:PutObject")):
        assert iam_evaluator.parse_policy_document(text)[0].actions == [action]
    assert loads == [POLICY, other]


def decision(policy: Any, action: str) -> str:
    context = iam_evaluator.EvalContext(
        principal_arn="arn:aws:iam::111111111111:root",
        principal_type="Root",
        principal_account="111111111111",
        action=action,
        resource_arn="arn:aws:s3:::bucket/key",
        region="us-east-1",
    )
    answer: str = iam_evaluator.evaluate_resource_policy(policy, context).decision
    return answer


def test_a_resource_policy_is_decided_for_each_request(loads: list[str]) -> None:
    policy = POLICY.replace('"Resource"', '"Sid": "Own", "Resource"')  # a text that no other test has parsed
    assert decision(policy, "s3:GetObject") == decision(json.loads(policy), "s3:GetObject") == "Allow"
    del loads[:]
    assert decision(policy, "s3:PutObject") == "ImplicitDeny"
    assert loads == []
    assert decision(POLICY.replace("Allow", "Deny"), "s3:GetObject") == "Deny"


@pytest.mark.usefixtures("loads")
@pytest.mark.parametrize("policy", ["not JSON", "", None, "[]", {"Statement": []}])
def test_a_policy_without_statements_allows_nothing(policy: Any) -> None:
    assert decision(policy, "s3:GetObject") == "ImplicitDeny"


def test_a_block_of_public_access_holds_from_the_next_request_on(local_cloud: LocalCloud) -> None:
    source = local_cloud.client("s3", SOURCE_ACCOUNT)
    other = local_cloud.client("s3")
    source.create_bucket(Bucket="blocked-or-not")
    source.put_object(Bucket="blocked-or-not", Key="key", Body=b"data")
    source.delete_public_access_block(Bucket="blocked-or-not")
    source.put_bucket_policy(
        Bucket="blocked-or-not", Policy=POLICY.replace('"*"}]', '"arn:aws:s3:::blocked-or-not/*"}]')
    )

    def readable() -> bool:
        try:
            return bool(other.get_object(Bucket="blocked-or-not", Key="key")["Body"].read() == b"data")
        except other.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                return False
            raise

    assert readable()
    for restrict in (True, False, True):
        block = {"RestrictPublicBuckets": restrict}
        source.put_public_access_block(Bucket="blocked-or-not", PublicAccessBlockConfiguration=block)
        assert readable() is not restrict


def test_a_block_is_parsed_once_for_each_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def note(_owner: str, _bucket: str, setting: str) -> bool:
        asked.append(setting)
        return True

    monkeypatch.setattr(s3, "_public_access_blocked", note)
    parse_public_access_blocks_once()
    bucket = {"_public_access_block": "<Block/>"}
    monkeypatch.setattr(s3, "_buckets", SimpleNamespace(get_scoped=lambda *_: bucket))
    for setting in ("IgnorePublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets"):
        assert s3._public_access_blocked("222222222222", "bucket", setting)
    assert asked == ["IgnorePublicAcls", "RestrictPublicBuckets"]
    bucket["_public_access_block"] = "<Other/>"
    assert s3._public_access_blocked("222222222222", "bucket", "IgnorePublicAcls")
    assert len(asked) == 3
