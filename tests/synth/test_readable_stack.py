"""Two constructs that would share a plan address are refused."""

from __future__ import annotations

import pytest
from cdktf import Testing as CdktfTesting
from constructs import Construct

from modules.location import Location
from modules.private_bucket import PrivateBucket
from modules.readable_stack import ReadableStack


def bucket(scope: Construct, id_: str) -> None:
    location = Location(account_id="111111111111", region="us-east-1")
    PrivateBucket(scope, id_, name="bucket", location=location, expire_after_days=None, destroyable=False)


def test_a_shared_address_is_refused() -> None:
    stack = ReadableStack(CdktfTesting.app(), "stack")
    bucket(Construct(stack, "a"), "b_c")
    with pytest.raises(RuntimeError, match="stack/a/b_c/this would have the same plan address a_b_c"):
        bucket(Construct(stack, "a_b"), "c")
