"""Merging our statements into someone else's bucket policy never changes their statements."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.merge_statements.handler import Event, Overwritten, PolicyTooLarge, StalePrincipal, change
from lambdas.merge_statements.policy import merged
from tests.fixtures.fake_s3 import refusal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def statement(sid: str | None, effect: str = "Allow") -> dict[str, Any]:
    return {**({"Sid": sid} if sid else {}), "Effect": effect, "Action": "s3:GetObject"}


OURS = [statement("OursA"), statement("OursB")]
BEFORE = {"bucket": "data", "account_id": "222222222222", "statements": OURS}
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
    sids_after(bucket, {"statements": OURS[:1], "tf": {"action": "update", "prev_input": BEFORE}})
    assert json.loads(bucket.policy or "")["Statement"] == [OURS[0], statement("Audit")]


def test_a_policy_that_is_already_right_is_not_written_again() -> None:
    bucket = Bucket(json.dumps({"Statement": OURS}), [])
    sids_after(bucket, {"statements": OURS, "tf": {"action": "update", "prev_input": BEFORE}})
    assert bucket.written == 0


def test_a_new_role_that_s3_does_not_know_yet_is_waited_for() -> None:
    bucket = Bucket(None, [refusal("MalformedPolicy", "Invalid principal in policy")] * 3)
    sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}})
    assert bucket.written == 1


@pytest.mark.parametrize("code", ["OperationAborted", "AccessDenied"])
def test_a_conflict_and_a_right_that_is_not_known_yet_pass(code: str) -> None:
    bucket = Bucket(None, [refusal(code)])
    sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}})
    assert bucket.written == 1


@pytest.mark.parametrize(
    ("code", "message", "seconds"),
    [
        ("MalformedPolicy", "Invalid principal in policy", 10),
        ("MalformedPolicy", "Policy has invalid action", 100),
        ("AccessDenied", "with an explicit deny in a service control policy", 100),
        ("AccessDenied", "because public policies are blocked by the BlockPublicPolicy setting", 100),
        ("NoSuchBucket", "", 100),
    ],
)
def test_an_error_that_does_not_pass_is_raised(code: str, message: str, seconds: float) -> None:
    bucket = Bucket(None, [refusal(code, message)])
    with pytest.raises(ClientError, match=code):
        sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}}, seconds)
    assert bucket.refusals == [], "it isn't tried again"


class Contested(Bucket):
    """Another writer writes an older policy over ours, `times` times."""

    def __init__(self, policy: str, times: int) -> None:
        super().__init__(policy, [])
        self._older, self._times = policy, times

    def put_bucket_policy(self, **request: Any) -> None:
        super().put_bucket_policy(**request)
        if self._times:
            self._times -= 1
            self.policy = self._older


def test_a_policy_that_another_writer_overwrote_is_written_again() -> None:
    bucket = Contested(json.dumps({"Statement": [statement("Audit")]}), times=2)
    sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}})
    assert json.loads(bucket.policy or "")["Statement"] == [statement("Audit"), *OURS]


def test_a_writer_who_never_stops_is_an_error() -> None:
    bucket = Contested(json.dumps({"Statement": [statement("Audit")]}), times=100)
    with pytest.raises(Overwritten, match="written by someone else 5 times"):
        sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}})


class Buckets:
    """Several buckets by their names; the client of all."""

    def __init__(self, **buckets: Bucket) -> None:
        self._buckets = buckets

    def __getattr__(self, call: str) -> Any:
        return lambda **request: getattr(self._of(request["Bucket"]), call)(**request)

    def _of(self, name: str) -> Bucket:
        if name not in self._buckets:
            raise refusal("NoSuchBucket")
        return self._buckets[name]


def renamed(client: Buckets) -> None:
    event: Any = {
        "bucket": "new",
        "account_id": "222222222222",
        "statements": OURS,
        "tf": {"action": "update", "prev_input": BEFORE | {"bucket": "old"}},
    }
    change(event, cast("S3Client", client), seconds_left=lambda: 100, sleep=lambda _: None)


def test_another_bucket_gets_our_statements_and_the_former_one_loses_them() -> None:
    theirs = json.dumps({"Statement": [statement("Audit")]})
    old, new = Bucket(json.dumps({"Statement": [statement("Audit"), *OURS]}), []), Bucket(None, [])
    renamed(Buckets(old=old, new=new))
    assert json.loads(old.policy or "") == json.loads(theirs)
    assert json.loads(new.policy or "")["Statement"] == OURS


def test_a_former_bucket_that_was_deleted_is_no_error() -> None:
    new = Bucket(None, [])
    renamed(Buckets(new=new))
    assert new.written == 1


def test_a_policy_over_20_kb_is_an_error_at_once_and_nothing_is_written() -> None:
    bucket = Bucket(json.dumps({"Statement": [statement("Audit") | {"Resource": "x" * 20_300}]}), [])
    with pytest.raises(PolicyTooLarge, match=r"20,5\d\d bytes, 1\d\d of them for our statements, and S3 takes 20,480"):
        sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}})
    assert bucket.written == 0


def test_white_space_and_other_alphabets_do_not_make_a_policy_longer() -> None:
    theirs = {"Version": "2012-10-17", "Statement": [statement("Audit") | {"Resource": "データ/*"}]}
    bucket = Bucket(json.dumps(theirs, indent=2), [])
    sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}})
    assert "データ" in (bucket.policy or "")
    assert ": " not in (bucket.policy or "")


@pytest.mark.parametrize(
    ("sid", "principal", "name"),
    [("Audit", "AROAEXAMPLEEXAMPLE123", "Audit"), (None, ["arn:aws:iam::1:root", "AIDAEXAMPLEEXAMPLE123"], "number 1")],
)
def test_a_deleted_principal_of_someone_else_is_named_at_once(sid: str | None, principal: Any, name: str) -> None:
    bucket = Bucket(json.dumps({"Statement": [statement(sid) | {"Principal": {"AWS": principal}}]}), [])
    with pytest.raises(StalePrincipal, match=f"the statement {name} in the policy of data"):
        sids_after(bucket, {"statements": OURS, "tf": {"action": "create"}})
    assert bucket.written == 0
