"""A cause that is too long loses its middle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lambdas.process_objects.outcome import json_bytes, shorten

# Escapes of every length, and characters of every length in UTF-8.
texts = st.text(st.sampled_from('ab"\\\n\x01\x7fé…語😀'), max_size=60) | st.text(max_size=60)
LONGEST_STEP = json_bytes("\x01") - 2  # the most that one more character takes


@given(texts, st.integers(0, 200))
def test_it_fits_and_keeps_as_much_of_both_ends_as_fits(text: str, limit: int) -> None:
    short = shorten(text, limit)
    if json_bytes(text) <= limit:
        assert short == text
    elif limit < json_bytes("…"):
        assert short == ""
    else:
        assert limit - LONGEST_STEP < json_bytes(short) <= limit
        begin, end = (len(short) - 1) - (len(short) - 1) // 2, (len(short) - 1) // 2
        assert short == text[:begin] + "…" + text[len(text) - end :]
        assert begin + end < len(text)


def test_an_access_denied_keeps_who_was_refused_and_the_resource() -> None:
    user = "User: arn:aws:sts::111111111111:assumed-role/mapspan-prod-process-objects/worker"
    resource = "arn:aws:kms:eu-west-1:222222222222:key/of-the-source"
    denial = f"AccessDenied: {user} is not authorized to perform: kms:Decrypt on resource: {resource}"
    assert shorten(denial, 300) == denial
    short = shorten(denial, 128)
    assert short.startswith("AccessDenied: User: arn:aws:sts::111111111111:assumed-role")
    assert short.endswith(resource)
