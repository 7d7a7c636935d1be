"""Merging our statements into someone else's bucket policy never changes their statements."""

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
def test_their_statements_stay_as_they_are(statements: list[dict[str, Any]]) -> None:
    before = {"Version": "2008-10-17", "Id": "theirs", "Statement": statements} if statements else None
    during = merged(before, OURS)
    assert during is not None
    assert during["Statement"] == [*statements, *OURS]
    assert merged(during, OURS) == during
    assert merged(during, [], removed={"OursA", "OursB"}) == before


def test_a_statement_with_our_sid_is_replaced_in_its_place() -> None:
    document = {"Version": "2012-10-17", "Statement": [statement("OursA", "Deny"), statement("Audit")]}
    after = merged(document, OURS)
    assert after is not None
    assert after["Statement"] == [OURS[0], statement("Audit"), OURS[1]]


def test_a_single_statement_without_a_list_is_understood() -> None:
    after = merged({"Version": "2012-10-17", "Statement": statement("Audit")}, OURS)
    assert after is not None
    assert after["Statement"] == [statement("Audit"), *OURS]


class Bucket:
    """A bucket whose policy S3 refuses to write once for each of the `refusals`."""

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


def sids_after(bucket: Bucket, event: Any, seconds: float = 100) -> list[str]:
    whole = cast("Event", {"bucket": "data", "account_id": "222222222222", **event})
    return change(whole, cast("S3Client", bucket), seconds_left=lambda: seconds, sleep=lambda _: None)["sids"]


def test_a_bucket_without_a_policy_has_none_after_delete() -> None:
    bucket = Bucket(None, [])
    assert sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}}) == ["OursA", "OursB"]
    assert bucket.policy is not None
    assert sids_after(bucket, {"statements": OURS, "tf": {"action": "delete"}}) == []
    assert bucket.policy is None


def test_a_statement_that_is_no_longer_ours_is_removed() -> None:
    bucket = Bucket(json.dumps({"Statement": [*OURS, statement("Audit")]}), [])
    sids_after(bucket, {"statements": OURS[:1], "tf": {"action": "update", "prev_input": {"statements": OURS}}})
    assert json.loads(bucket.policy or "")["Statement"] == [OURS[0], statement("Audit")]


def test_a_policy_that_is_already_right_is_not_written_again() -> None:
    bucket = Bucket(json.dumps({"Statement": OURS}), [])
    sids_after(bucket, {"statements": OURS, "tf": {"action": "update", "prev_input": {"statements": OURS}}})
    assert bucket.written == 0


def test_a_new_role_that_s3_does_not_know_yet_is_waited_for() -> None:
    bucket = Bucket(None, [refusal("MalformedPolicy", "Invalid principal in policy")] * 3)
    sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}})
    assert bucket.written == 1


@pytest.mark.parametrize(("code", "seconds"), [("MalformedPolicy", 10), ("NoSuchBucket", 100)])
def test_an_error_that_does_not_pass_is_raised(code: str, seconds: float) -> None:
    bucket = Bucket(None, [refusal(code)])
    with pytest.raises(ClientError, match=code):
        sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}}, seconds)
