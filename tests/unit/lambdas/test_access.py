"""The functions' answers to check-access: each call, and S3's message if it is denied."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.job.bucket import Bucket
from lambdas.list_objects.access import check_listing
from lambdas.list_objects.page import source_request
from lambdas.process_objects.access import check_reading
from tests.fixtures.fake_s3 import FakeS3, refusal

OWNER = "222222222222"
REQUEST = source_request(bucket="data", owner=OWNER, requester_pays=False)


def test_each_prefix_is_listed_and_an_object_to_read_is_returned() -> None:
    s3 = FakeS3()
    s3.objects = {("data", "a/"): b"", ("data", "a/1"): b"x"}
    checks = check_listing(s3.client, request=REQUEST, prefixes=["a/", "b/"])
    assert [(check["resource"], check["error"], check["key"]) for check in checks] == [
        ("data/a/", None, "a/1"),
        ("data/b/", None, None),
    ]


def test_a_bucket_of_another_owner_is_denied() -> None:
    (check,) = check_listing(FakeS3(owner="333333333333").client, request=REQUEST, prefixes=[""])
    assert check["error"] == "AccessDenied: Access Denied"
    assert check["key"] is None


@pytest.mark.parametrize(
    ("code", "message", "call", "allowed"),
    [
        ("AccessDenied", "Access Denied", "s3:GetObject", False),
        ("AccessDenied", "User: x is not authorized to perform: kms:Decrypt on resource", "kms:Decrypt", False),
        ("NoSuchKey", "The specified key does not exist.", "s3:GetObject", False),
        ("InvalidRange", "The requested range is not satisfiable", "s3:GetObject", True),
        ("InvalidObjectState", "The object is archived", "s3:GetObject", True),
    ],
)
def test_a_denied_read_names_the_call_that_was_denied(code: str, message: str, call: str, *, allowed: bool) -> None:
    s3 = FakeS3()
    s3.refusals["a/1"] = refusal(code, message)
    (check,) = check_reading(Bucket(s3.client, "data", OWNER), keys=["a/1"])
    assert check["call"] == call
    assert (check["error"] is None) == allowed


class RequesterPays(FakeS3):
    """Denies a caller who doesn't agree to pay."""

    def _receive(self, operation: str, request: dict[str, Any]) -> None:
        super()._receive(operation, request)
        if request.get("RequestPayer") != "requester":
            raise refusal("AccessDenied", "Access Denied")


def test_a_check_says_when_only_the_agreement_to_pay_is_missing() -> None:
    s3 = RequesterPays({"a": b"x"}, bucket="data")
    paying = {**REQUEST, "RequestPayer": "requester"}
    hint = "requester_pays = true in [source]"
    assert hint in str(check_listing(s3.client, request=REQUEST, prefixes=[""])[0]["error"])
    assert hint in str(check_reading(Bucket(s3.client, "data", OWNER), keys=["a"])[0]["error"])
    assert check_listing(s3.client, request=paying, prefixes=[""])[0]["error"] is None
    assert check_reading(Bucket(s3.client, "data", OWNER, requester_pays=True), keys=["a"])[0]["error"] is None
