"""How many listers a large bucket has."""

from pathlib import Path

import pytest

from environments.files import load_all
from tests.fixtures.environment_files import RIGHT, errors_with, write


@pytest.mark.parametrize(
    ("tables", "listers"),
    [
        ("", 4),
        ("[list_objects]\nlisters = 20", 20),
        ("[list_objects]\nlisters = 20\n[map]\nmax_concurrency = 30", 7),
        ("[map]\nmax_concurrency = 3", 1),
        ("[map]\nmax_concurrency = 100\n[job]\nobjects_per_second = 8", 2),
    ],
    ids=["by default", "as set", "for few children", "for fewer children than listers need", "for a low rate"],
)
def test_listers_are_as_many_as_children_can_be_shared_by(tmp_path: Path, tables: str, listers: int) -> None:
    [environment] = load_all(write(tmp_path, text=f"{RIGHT}\n{tables}"))
    assert environment.listers == listers


def test_more_listers_than_an_inline_map_can_run_beside_their_shards_are_refused() -> None:
    [error] = errors_with({"list_objects": {"listers": 21}})
    assert error.startswith("list_objects.listers: ")
