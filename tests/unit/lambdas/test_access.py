"""What check-access hears from the functions: each call, and S3's own words where it is denied."""

from __future__ import annotations

import pytest

from lambdas.list_objects.access import try_listing
from lambdas.process_objects.access import try_reading
from tests.fixtures.fake_s3 import FakeS3, refusal

OWNER = "222222222222"


def test_each_prefix_is_tried_and_an_object_to_read_is_found() -> None:
    s3 = FakeS3()
    s3.objects = {("data", "a/"): b"", ("data", "a/1"): b"x"}
    found = try_listing(s3.client, bucket="data", owner=OWNER, prefixes=["a/", "b/"])
    assert [(tried["resource"], tried["error"], tried["key"]) for tried in found] == [
        ("data/a/", None, "a/1"),
        ("data/b/", None, None),
    ]


def test_a_bucket_of_another_owner_may_not_be_listed() -> None:
    (tried,) = try_listing(FakeS3(owner="333333333333").client, bucket="data", owner=OWNER, prefixes=[""])
    assert tried["error"] == "AccessDenied: Access Denied"
    assert tried["key"] is None


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
def test_reading_says_which_call_is_denied(code: str, message: str, call: str, *, allowed: bool) -> None:
    s3 = FakeS3()
    s3.refusals["a/1"] = refusal(code, message)
    (tried,) = try_reading(s3.client, bucket="data", owner=OWNER, keys=["a/1"])
    assert tried["call"] == call
    assert (tried["error"] is None) == allowed
