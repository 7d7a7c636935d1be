"""A set of digests holds what was added, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.list_objects.digests import DIGEST_BYTES, DigestSet

# Few different bytes in one bucket, so that parts of two digests often look like a third one.
alike = st.lists(st.sampled_from(b"\0\1"), min_size=14, max_size=14).map(lambda rest: bytes([7, 7, *rest]))


@given(st.lists(st.binary(min_size=16, max_size=16) | alike, max_size=30), alike)
def test_a_set_contains_what_was_added_and_nothing_else(added: list[bytes], other: bytes) -> None:
    digests = DigestSet()
    digests.add_all(b"".join(added))
    assert all(digest in digests for digest in added)
    assert (other in digests) == (other in added)
    assert len(digests) == len(added)


def test_half_a_digest_is_an_error() -> None:
    with pytest.raises(ValueError, match="17 bytes are not whole digests"):
        DigestSet().add_all(bytes(DIGEST_BYTES + 1))
