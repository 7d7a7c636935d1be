"""Two environments that would get into each other's way are refused, with both files named."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load_all
from tests.unit.environments.test_files import RIGHT, errors, write

OTHER_ACCOUNTS = RIGHT.replace("333333333333", "555555555555").replace("444444444444", "666666666666")
OTHER_BUCKET = RIGHT.replace("landing-zone", "archive")
MERGED = RIGHT.replace('bucket = "landing-zone"', 'bucket = "landing-zone"\nbucket_policy = "merge"')
HANDED_OVER = MERGED.replace("merge", "handover")


def test_a_name_within_anothers_is_refused_in_the_same_account(tmp_path: Path) -> None:
    write(tmp_path, "eu", RIGHT)
    (told,) = errors(write(tmp_path, "eu-west", OTHER_BUCKET.replace("eu-west-1", "us-east-1")))
    assert told.startswith(f"{tmp_path.name}/eu-west.toml: name: begins as eu.toml's does")
    assert "333333333333" in told


@pytest.mark.parametrize(("name", "text"), [("eu-west", OTHER_ACCOUNTS), ("europe", OTHER_BUCKET)])
def test_another_account_or_another_beginning_is_no_collision(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, "eu", OTHER_BUCKET.replace("archive", "third"))
    assert len(load_all(write(tmp_path, name, text.replace("landing-zone", "fourth")))) == 2


@pytest.mark.parametrize("second", [RIGHT, MERGED, HANDED_OVER])
def test_a_policy_that_one_owns_has_no_room_for_another(tmp_path: Path, second: str) -> None:
    write(tmp_path, "one", RIGHT)
    (told,) = errors(write(tmp_path, "two", second))
    assert told.startswith(f"{tmp_path.name}/two.toml: source.bucket: landing-zone is one.toml's too")
    assert 'source.bucket_policy = "merge" in both' in told


def test_statements_that_are_merged_or_handed_over_share_a_bucket(tmp_path: Path) -> None:
    write(tmp_path, "one", MERGED)
    write(tmp_path, "two", MERGED)
    assert len(load_all(write(tmp_path, "three", HANDED_OVER))) == 3
