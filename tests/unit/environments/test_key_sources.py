"""What a key source can't be combined with is refused, with the reason and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load
from tests.unit.environments.test_files import RIGHT, errors, write

SCHEDULE = '\n[schedule]\nexpression = "rate(1 day)"\nprefixes = {}\n'
EXISTING = '\n[inventory.existing]\nbucket = "theirs"\nid = "all"\n'


def with_source(key_source: str) -> str:
    return RIGHT.replace("tags = {}", f'tags = {{}}\nkey_source = "{key_source}"')


@pytest.mark.parametrize(
    ("key_source", "old", "new", "field", "words"),
    [
        ("athena", "", "", "key_source", "should be 'listing', 'inventory' or"),
        ("inventory", '"2026/"', '"2026/", "2025/"', "source.prefixes", "an inventory covers one prefix"),
        (
            "inventory",
            '"landing-zone"',
            '"landing-zone"\nregion = "us-east-1"',
            "source.region",
            "within the bucket's own Region, us-east-1",
        ),
        (
            "inventory",
            'type = "local"',
            'type = "local"' + SCHEDULE.format('["2026/11/"]'),
            "schedule.prefixes",
            "takes an inventory whole",
        ),
        (
            "inventory",
            'type = "local"',
            'type = "local"\n[inventory]\nfrequency = "Weekly"',
            "inventory.max_inventory_age_hours",
            "48 is less than the 168 hours between two deliveries",
        ),
        (
            "listing",
            'type = "local"',
            'type = "local"\n[inventory]\nmax_inventory_age_hours = 72',
            "inventory",
            'is read where key_source is "inventory" alone',
        ),
        (
            "inventory",
            'type = "local"',
            'type = "local"\n[list_objects]\nthreads = 8',
            "list_objects",
            'set key_source = "listing"',
        ),
        (
            "replication",
            '"landing-zone"',
            '"landing-zone"\nbucket_policy = "merge"',
            "source.bucket_policy",
            "one document, which Terraform replaces",
        ),
        (
            "replication",
            '"landing-zone"',
            '"landing-zone"\nkms_key_arn = "arn:aws:kms:eu-west-1:444444444444:key/1"',
            "kms_key_arn",
            "only if it is told a key of the target account",
        ),
        (
            "replication",
            'type = "local"',
            'type = "local"' + SCHEDULE.format('["2026/11/", "2026/12/"]'),
            "schedule.prefixes",
            "lists one prefix of the replica",
        ),
    ],
)
def test_what_does_not_go_with_a_key_source_is_refused(  # noqa: PLR0917 - what is changed, and what is said
    tmp_path: Path, key_source: str, old: str, new: str, field: str, words: str
) -> None:
    text = with_source(key_source)
    assert old in text
    (found,) = errors(write(tmp_path, text=text.replace(old, new)))
    assert found.startswith(f"{tmp_path.name}/team.toml: {field}: ")
    assert words in found


def test_an_inventory_that_exists_is_read_where_it_is(tmp_path: Path) -> None:
    environment = load("team", write(tmp_path, text=with_source("inventory") + EXISTING))
    assert environment.inventory_bucket == "theirs"
    assert environment.inventory.max_inventory_age_hours == 48


def test_a_name_that_fits_one_bucket_may_not_fit_another(tmp_path: Path) -> None:
    name = "twenty-four-letters-long"
    assert load(name, write(tmp_path, name, RIGHT)).runs_bucket
    (found,) = errors(write(tmp_path, name, with_source("inventory")))
    assert "-inventory-333333333333-eu-west-1, longer than the 63" in found
