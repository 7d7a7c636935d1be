"""The job on files of its own, without a cloud."""

from __future__ import annotations

from pathlib import Path

import pytest
from job import process

from lambdas.job.local import local_object

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("name", ["readme.txt", "report 2026-03.csv"])
def test_a_copy_has_the_key_and_the_bytes_of_its_object(name: str, tmp_path: Path) -> None:
    result = process(local_object(SAMPLES / name, key=f"in/{name}", output=tmp_path))
    assert (tmp_path / "in" / name).read_bytes() == (SAMPLES / name).read_bytes()
    assert result == {"bytes": (SAMPLES / name).stat().st_size}


def test_to_copy_again_changes_nothing(tmp_path: Path) -> None:
    first, second = (process(local_object(SAMPLES / "readme.txt", output=tmp_path)) for _ in range(2))
    assert first == second
    assert [file.name for file in tmp_path.iterdir()] == ["readme.txt"]
