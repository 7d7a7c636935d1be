"""A company's rules: what AWS would refuse is refused by file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load
from tests.fixtures.environment_files import RIGHT, errors, write

KEY = "arn:aws:kms:eu-west-1:333333333333:key/logs"


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ('[company]\nname_prefix = "Acme"', "company.name_prefix", "lower-case letters"),
        (f'[company]\nname_prefix = "{"a" * 60}"', "name", "is too long"),
        ('[company.target]\nrole_path = "data"', "company.target.role_path", "begin and end it with a slash"),
        (
            '[company.target]\npermissions_boundary_arn = "arn:aws:iam::444444444444:policy/b"',
            "company.target.permissions_boundary_arn",
            "a policy of 333333333333 or of AWS",
        ),
        (
            f'[company.source]\nlog_kms_key_arn = "{KEY}"',
            "company.source.log_kms_key_arn",
            "a key of 444444444444 in eu-west-1",
        ),
        ("[company.vpc]\nsubnet_ids = []\nsecurity_group_ids = []", "company.vpc.subnet_ids", "is not valid"),
        (
            '[company.vpc]\nsubnet_ids = ["vpc-1"]\nsecurity_group_ids = ["sg-12345678"]',
            "company.vpc.subnet_ids.0",
            "is not the id of a subnet",
        ),
    ],
)
def test_a_rule_that_aws_would_refuse_is_refused(tmp_path: Path, text: str, field: str, words: str) -> None:
    found = errors(write(tmp_path, text=f"{RIGHT}\n{text}\n"))
    assert any(f"{field}: " in error and words in error for error in found), found


def test_a_boundary_of_aws_and_keys_of_each_account_are_accepted(tmp_path: Path) -> None:
    text = (
        '[company.target]\npermissions_boundary_arn = "arn:aws:iam::aws:policy/PowerUserAccess"\n'
        f'log_kms_key_arn = "{KEY}"\n[company.source]\nrole_path = "/data/"\n'
    )
    company = load("team", write(tmp_path, text=f"{RIGHT}\n{text}")).company
    assert company.target.log_kms_key_arn == KEY


def test_a_prefix_that_no_policy_can_name_is_refused(tmp_path: Path) -> None:
    [error] = errors(write(tmp_path, text=RIGHT.replace('"2026/"', '"データ/"')))
    assert 'source.prefixes.0: "データ/" contains デ, and IAM takes no character above U+00FF' in error
