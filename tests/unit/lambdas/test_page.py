"""The fast way to read a page gives the same keys as the plain way, or leaves the page to botocore."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.list_objects.columns import SelectedColumns
from lambdas.list_objects.listed_object import ListedObject
from lambdas.list_objects.page import Page, _decode, _lift
from lambdas.shared.selection import Selection, Selector
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
    keys, lifted_body, start, end = customized.get("LiftedKeys", (None, b"", 0, 0))
    assert body.replace(lifted_body[start:end], b"") == response["body"]
    return keys, response["body"]


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


objects = st.lists(
    st.builds(
        ListedObject,
        key=keys,
        etag=st.sampled_from(["9b2cf535f27731c974343645a3985328", "9b2c-12"]),
        size=st.integers(0, 3),
        last_modified=st.sampled_from(["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z"]),
        storage_class=st.sampled_from(["STANDARD", "GLACIER", "GLACIER_IR"]),
        restored=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def page_of(listed: list[ListedObject], *, broken: bool = False) -> Page:
    """The page as S3 sends it. `broken`: the first object has no storage class, as in no answer of S3."""
    contents = ""
    for number, one in enumerate(listed):
        storage_class = "" if broken and not number else f"<StorageClass>{one.storage_class}</StorageClass>"
        restored = "<IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>x</RestoreExpiryDate>"
        contents += (
            f"<Contents><Key>{quote(one.key)}</Key><LastModified>{one.last_modified}</LastModified>"
            f"<ETag>&quot;{one.etag}&quot;</ETag><Size>{one.size}</Size>{storage_class}"
            f"{f'<RestoreStatus>{restored}</RestoreStatus>' if one.restored else ''}</Contents>"
        )
    return Page([one.key for one in listed], None, contents.encode(), 0, len(contents.encode()))


@given(objects)
def test_objects_are_read_as_s3_describes_them(listed: list[ListedObject]) -> None:
    assert page_of(listed).objects() == listed
    assert page_of(listed, broken=True).objects() == [listed[0]._replace(storage_class="STANDARD"), *listed[1:]]


@given(
    objects,
    st.fixed_dictionaries(
        {},
        optional={
            "include": st.just(["*a*"]),
            "min_bytes": st.integers(0, 3),
            "max_bytes": st.integers(0, 3),
            "modified_after": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"]),
            "modified_before": st.sampled_from(["2026-01-01T00:00:01Z", "1h"]),
            "storage_classes": st.just(["GLACIER"]),
        },
    ),
    st.integers(0, 6),
)
def test_columns_select_what_objects_select(listed: list[ListedObject], select: Selection, count: int) -> None:
    selector = Selector([select], started_at="2026-01-01T01:00:00.500Z")
    selected = [
        one.key
        for one in listed[:count]
        if selector.selects(one.key, size=one.size, modified=one.modified, storage_class=one.storage_class)
    ]
    assert SelectedColumns(selector).selected(page_of(listed), count) == selected


@pytest.mark.parametrize(
    ("storage_class", "archive"),
    [("GLACIER", True), ("DEEP_ARCHIVE", True), ("GLACIER_IR", False), ("INTELLIGENT_TIERING", False)],
)
def test_a_page_with_an_archive_is_recognized(storage_class: str, archive: bool) -> None:
    listed = ListedObject("GV", "9b2c", 1, "2026-01-01T00:00:00.000Z", storage_class, restored=False)
    assert page_of([listed]).has_archive == archive
