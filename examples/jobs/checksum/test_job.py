"""The job on files of its own, without a cloud."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from job import process

from lambdas.job.local import local_object

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize(("sample", "size", "lines"), [("three-lines.txt", 13, 3), ("empty.txt", 0, 0)])
def test_a_last_line_without_its_newline_counts(sample: str, size: int, lines: int) -> None:
    result = process(local_object(SAMPLES / sample))
    assert (result["size"], result["lines"]) == (size, lines)


def test_the_digest_is_that_of_the_bytes() -> None:
    result = process(local_object(SAMPLES / "every-byte.bin"))
    assert result["sha256"] == hashlib.sha256(bytes(range(256))).hexdigest()
