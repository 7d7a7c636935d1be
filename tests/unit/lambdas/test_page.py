"""The fast way to read a page gives the same keys as the plain way, or leaves the page to botocore."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.list_objects.page import _decode, _lift
from tests.fixtures.nasty_keys import NASTY_KEYS, keys


def body_of(encoded: list[str], count: int | None = None) -> bytes:
    contents = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in encoded)
    count = len(encoded) if count is None else count
    return (
        f"<ListBucketResult><Name>b</Name><KeyCount>{count}</KeyCount><EncodingType>url</EncodingType>"
        f"{contents}</ListBucketResult>"
    ).encode()


def lifted(body: bytes, status: int = 200) -> tuple[list[str] | None, bytes]:
    response: dict[str, Any] = {"status_code": status, "body": body}
    customized: dict[str, Any] = {}
    _lift(response_dict=response, customized_response_dict=customized, operation_model=None)
    return customized.get("LiftedKeys"), response["body"]


@given(st.lists(keys, min_size=1, max_size=20))
def test_keys_are_read_as_they_are_in_the_bucket(in_bucket: list[str]) -> None:
    for encode in (quote, quote_plus):
        lifted_keys, remainder = lifted(body_of([encode(key) for key in in_bucket]))
        assert lifted_keys == in_bucket
        assert b"<Contents>" not in remainder
        assert remainder.startswith(b"<ListBucketResult><Name>")


def test_nasty_keys_are_too() -> None:
    assert _decode("\n".join(quote(key) for key in NASTY_KEYS).encode()) == NASTY_KEYS


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(body_of(["a", "b"])[:-1], id="truncated"),
        pytest.param(b"<Error><Code>InternalError</Code></Error>", id="error-in-200"),
        pytest.param(body_of(["a", "b"], count=3), id="a-key-lost"),
        pytest.param(body_of(["a", "b"]).replace(b"<EncodingType>url</EncodingType>", b""), id="not-encoded"),
        pytest.param(body_of(["a&amp;b"]), id="xml-entities"),
        pytest.param(body_of(["%zz"]), id="no-url-encoding"),
        pytest.param(body_of(["%ff%fe"]), id="not-utf-8"),
        pytest.param(body_of([]), id="empty"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_anything_but_a_whole_page_is_left_to_botocore(body: bytes) -> None:
    assert lifted(body) == (None, body)


def test_errors_are_left_to_botocore() -> None:
    assert lifted(body_of(["a"]), status=503)[0] is None


def test_a_botocore_without_a_place_for_lifted_keys_parses_the_whole_page() -> None:
    response = {"status_code": 200, "body": body_of(["a"])}
    _lift(response_dict=response)
    assert response["body"] == body_of(["a"])
