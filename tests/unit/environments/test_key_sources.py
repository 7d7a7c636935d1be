"""Settings that contradict the key source are refused, with the reason and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load
from tests.fixtures.environment_files import RIGHT, errors, write

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
            "in the source bucket's Region, us-east-1",
        ),
        (
            "inventory",
            'type = "local"',
            'type = "local"' + SCHEDULE.format('["2026/11/"]'),
            "schedule.prefixes",
            "always processes the whole inventory",
        ),
        (
            "inventory",
            'type = "local"',
            'type = "local"\n[inventory]\nfrequency = "Weekly"',
            "inventory.max_inventory_age_hours",
            "48 is less than the 168 hours between two deliveries",
        ),
        (
            "inventory",
            'type = "local"',
            'type = "local"\n[inventory.existing]\nbucket = "theirs"\nid = "all/*"',
            "inventory.existing.id",
            "write 1 to 64 letters",
        ),
        (
            "listing",
            'type = "local"',
            'type = "local"\n[inventory]\nmax_inventory_age_hours = 72',
            "inventory",
            'used only if key_source is "inventory"',
        ),
        (
            "inventory",
            'type = "local"',
            'type = "local"\n[list_objects]\nthreads = 8',
            "list_objects",
            'write key_source = "listing"',
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
            "write a key of the target account",
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
def test_a_setting_that_contradicts_the_key_source_is_refused(  # noqa: PLR0917 - what is changed, and what is reported
    tmp_path: Path, key_source: str, old: str, new: str, field: str, words: str
) -> None:
    text = with_source(key_source)
    assert old in text
    (error,) = errors(write(tmp_path, text=text.replace(old, new)))
    assert error.startswith(f"{tmp_path.name}/team.toml: {field}: ")
    assert words in error


def test_an_existing_inventory_is_read_from_its_own_bucket(tmp_path: Path) -> None:
    environment = load("team", write(tmp_path, text=with_source("inventory") + EXISTING))
    assert environment.inventory_bucket == "theirs"
    assert environment.inventory.max_inventory_age_hours == 48


def test_a_name_must_fit_each_bucket_that_the_key_source_needs(tmp_path: Path) -> None:
    name = "twenty-four-letters-long"
    assert load(name, write(tmp_path, name, RIGHT)).runs_bucket
    (error,) = errors(write(tmp_path, name, with_source("inventory")))
    assert "-inventory-333333333333-eu-west-1 would have more than 63" in error
