"""Selections that can't be what was meant are refused, with the reason and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load
from tests.fixtures.environment_files import RIGHT, errors, write


def with_select(select: str, key_source: str = "listing") -> str:
    return RIGHT.replace("tags = {}", f'tags = {{}}\nkey_source = "{key_source}"') + f"\n[select]\n{select}\n"


@pytest.mark.parametrize(
    ("select", "field", "words"),
    [
        ('suffix = [".jpg"]', "unknown setting select.suffix", "did you mean suffixes?"),
        ('suffixes = ".jpg"', "select.suffixes", "is not valid"),
        ('suffixes = [""]', "select.suffixes", 'one of them is "", which is every key or none'),
        ("min_bytes = 10\nmax_bytes = 9", "select.min_bytes", "10 is more than max_bytes = 9"),
        ("min_bytes = -1", "select.min_bytes", "-1 is not valid"),
        ('modified_after = "30 days"', "select.modified_after", 'write one such as "2026-01-31T00:00:00Z", "30d"'),
        ("modified_after = 2026-01-31T00:00:00Z", "select.modified_after", "in quotes"),
        ('modified_before = "2026-02-30T00:00:00Z"', "select.modified_before", "is not a time: day"),
        ('storage_classes = ["standard"]', "select.storage_classes.0", "is not valid"),
        (f'include = ["{"x" * 8200}"]', "select.include", "write at most 8,192"),
        ("overlap_days = 3", "select.overlap_days", "used only with changed_since"),
        ('changed_since = "last-success"\noverlap_days = 0', "select.overlap_days", "0 is not valid"),
        (
            'changed_since = "last-success"\nmodified_before = "8d"',
            "select.modified_before",
            "so it would be left out: write overlap_days = 8 or more",
        ),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused(tmp_path: Path, select: str, field: str, words: str) -> None:
    [error] = errors(write(tmp_path, text=with_select(select)))
    assert field in error
    assert words in error


@pytest.mark.parametrize("key_source", ["inventory", "replication"])
def test_only_a_listing_can_be_incremental(tmp_path: Path, key_source: str) -> None:
    [error] = errors(write(tmp_path, text=with_select('changed_since = "last-success"', key_source)))
    assert 'select.changed_since: needs key_source = "listing"' in error


def test_a_replica_is_not_read_from_a_requester_pays_bucket(tmp_path: Path) -> None:
    text = with_select("min_bytes = 1", "replication").replace("[source]", "[source]\nrequester_pays = true")
    [error] = errors(write(tmp_path, text=text))
    assert "source.requester_pays: not used with" in error


def test_only_the_conditions_that_are_set_are_passed_on(tmp_path: Path) -> None:
    select = 'suffixes = [".jpg"]\nmin_bytes = 0\nmodified_before = "7d"\nchanged_since = "last-success"'
    conditions = load("team", write(tmp_path, text=with_select(select))).select.conditions
    assert conditions == {"suffixes": [".jpg"], "min_bytes": 0, "modified_before": "7d"}
