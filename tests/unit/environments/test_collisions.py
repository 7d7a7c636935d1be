"""Two environments that conflict are refused, and the error names both files."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load, load_all
from tests.fixtures.environment_files import RIGHT, errors, write

OTHER_ACCOUNTS = RIGHT.replace("333333333333", "555555555555").replace("444444444444", "666666666666")
OTHER_BUCKET = RIGHT.replace("landing-zone", "archive")
MERGED = RIGHT.replace('bucket = "landing-zone"', 'bucket = "landing-zone"\nbucket_policy = "merge"')
HANDED_OVER = MERGED.replace("merge", "handover")


def test_a_name_that_starts_with_another_environments_name_is_refused_in_one_account(tmp_path: Path) -> None:
    write(tmp_path, "eu", RIGHT)
    (error,) = errors(write(tmp_path, "eu-west", OTHER_BUCKET.replace("eu-west-1", "us-east-1")))
    assert error.startswith(f"{tmp_path.name}/eu-west.toml: name: starts with the name of eu.toml")
    assert "333333333333" in error


@pytest.mark.parametrize(("name", "text"), [("eu-west", OTHER_ACCOUNTS), ("europe", OTHER_BUCKET)])
def test_another_account_or_another_name_does_not_collide(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, "eu", OTHER_BUCKET.replace("archive", "third"))
    assert len(load_all(write(tmp_path, name, text.replace("landing-zone", "fourth")))) == 2


@pytest.mark.parametrize("second", [RIGHT, MERGED, HANDED_OVER])
def test_a_bucket_policy_that_one_environment_owns_cannot_serve_another(tmp_path: Path, second: str) -> None:
    write(tmp_path, "one", RIGHT)
    (error,) = errors(write(tmp_path, "two", second))
    assert error.startswith(
        f"{tmp_path.name}/two.toml: source.bucket: landing-zone is also the source bucket of one.toml"
    )
    assert 'source.bucket_policy = "merge" in both files' in error


def test_merged_and_handed_over_statements_can_share_a_bucket(tmp_path: Path) -> None:
    write(tmp_path, "one", MERGED)
    write(tmp_path, "two", MERGED)
    assert len(load_all(write(tmp_path, "three", HANDED_OVER))) == 3


def test_no_two_environments_have_sids_in_common(tmp_path: Path) -> None:
    dashes = {"eu1", "eu-1", "eux-1", "eu-x1"}
    prefixes = {load(name, write(tmp_path, name)).sid_prefix for name in dashes}
    other_account = RIGHT.replace('[target]\naccount_id = "333333333333"', '[target]\naccount_id = "555555555555"')
    prefixes.add(load("eu1", write(tmp_path, "eu1", other_account)).sid_prefix)
    assert len(prefixes) == 5
    assert all(prefix.isalnum() for prefix in prefixes)
