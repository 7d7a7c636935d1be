"""Statements of ours among someone else's: theirs stay as they are, whatever is done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.merge_statements.handler import Event, change
from lambdas.merge_statements.policy import merged
from tests.fixtures.fake_s3 import refusal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def statement(sid: str | None, effect: str = "Allow") -> dict[str, Any]:
    return {**({"Sid": sid} if sid else {}), "Effect": effect, "Action": "s3:GetObject"}


OURS = [statement("OursA"), statement("OursB")]
theirs = st.lists(
    st.builds(statement, st.sampled_from([None, "Audit", "Backup", "Ours"]), st.sampled_from(["Allow", "Deny"])),
    max_size=4,
)


@given(theirs)
def test_what_is_theirs_comes_back_as_it_was(statements: list[dict[str, Any]]) -> None:
    before = {"Version": "2008-10-17", "Id": "theirs", "Statement": statements} if statements else None
    during = merged(before, OURS)
    assert during is not None
    assert during["Statement"] == [*statements, *OURS]
    assert merged(during, OURS) == during
    assert merged(during, [], gone={"OursA", "OursB"}) == before


def test_a_statement_with_our_sid_is_overridden_where_it_stands() -> None:
    document = {"Version": "2012-10-17", "Statement": [statement("OursA", "Deny"), statement("Audit")]}
    after = merged(document, OURS)
    assert after is not None
    assert after["Statement"] == [OURS[0], statement("Audit"), OURS[1]]


def test_a_single_statement_may_stand_without_a_list() -> None:
    after = merged({"Version": "2012-10-17", "Statement": statement("Audit")}, OURS)
    assert after is not None
    assert after["Statement"] == [statement("Audit"), *OURS]


class Bucket:
    """A bucket's policy, which S3 refuses to take so many times."""

    def __init__(self, policy: str | None, refusals: list[ClientError]) -> None:
        self.policy = policy
        self.refusals = refusals
        self.written = 0

    def get_bucket_policy(self, **request: Any) -> dict[str, str]:
        assert request["ExpectedBucketOwner"] == "222222222222"
        if self.policy is None:
            raise refusal("NoSuchBucketPolicy")
        return {"Policy": self.policy}

    def put_bucket_policy(self, **request: Any) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.policy = request["Policy"]
        self.written += 1

    def delete_bucket_policy(self, **_: Any) -> None:
        self.policy = None


def changed(bucket: Bucket, event: Any, seconds: float = 100) -> list[str]:
    told = cast("Event", {"bucket": "data", "account_id": "222222222222", **event})
    return change(told, cast("S3Client", bucket), seconds_left=lambda: seconds, sleep=lambda _: None)["sids"]


def test_a_bucket_without_a_policy_has_none_again() -> None:
    bucket = Bucket(None, [])
    assert changed(bucket, {"statements": OURS, "tf": {"action": "create"}}) == ["OursA", "OursB"]
    assert bucket.policy is not None
    assert changed(bucket, {"statements": OURS, "tf": {"action": "delete"}}) == []
    assert bucket.policy is None


def test_what_was_ours_and_is_no_more_goes() -> None:
    bucket = Bucket(json.dumps({"Statement": [*OURS, statement("Audit")]}), [])
    changed(bucket, {"statements": OURS[:1], "tf": {"action": "update", "prev_input": {"statements": OURS}}})
    assert json.loads(bucket.policy or "")["Statement"] == [OURS[0], statement("Audit")]


def test_a_policy_that_is_right_already_is_not_written_again() -> None:
    bucket = Bucket(json.dumps({"Statement": OURS}), [])
    changed(bucket, {"statements": OURS, "tf": {"action": "update", "prev_input": {"statements": OURS}}})
    assert bucket.written == 0


def test_a_role_that_s3_has_not_heard_of_yet_is_waited_for() -> None:
    bucket = Bucket(None, [refusal("MalformedPolicy", "Invalid principal in policy")] * 3)
    changed(bucket, {"statements": OURS, "tf": {"action": "create"}})
    assert bucket.written == 1


@pytest.mark.parametrize(("code", "seconds"), [("MalformedPolicy", 10), ("NoSuchBucket", 100)])
def test_what_does_not_pass_is_raised(code: str, seconds: float) -> None:
    bucket = Bucket(None, [refusal(code)])
    with pytest.raises(ClientError, match=code):
        changed(bucket, {"statements": OURS, "tf": {"action": "create"}}, seconds)
