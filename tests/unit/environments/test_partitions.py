"""Settings of another partition than the environment's Region are refused, by field."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load
from tests.fixtures.environment_files import RIGHT, errors, write

CHINA = RIGHT.replace('"eu-west-1"', '"cn-north-1"')
KEY = "arn:aws:kms:cn-north-1:{account}:key/1"
ROLE = "arn:aws:iam::{account}:role/deploy"
DIGEST = "@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("[target]", f'kms_key_arn = "{KEY.format(account="333333333333")}"\n[target]', "kms_key_arn", "arn:aws-cn:"),
        (
            '[target]\naccount_id = "333333333333"',
            f'[target]\naccount_id = "333333333333"\ndeploy_role_arn = "{ROLE.format(account="333333333333")}"',
            "target.deploy_role_arn",
            "write an ARN that begins with arn:aws-cn:",
        ),
        (
            "[source]",
            f'[source]\ndeploy_role_arn = "{ROLE.format(account="444444444444")}"',
            "source.deploy_role_arn",
            "arn:aws-cn:",
        ),
        (
            "[source]",
            f'[source]\nkms_key_arn = "{KEY.format(account="444444444444")}"',
            "source.kms_key_arn",
            "arn:aws-cn:",
        ),
        ("[source]", '[source]\nregion = "eu-west-1"', "source.region", "is in the partition aws, and cn-north-1 in"),
        (
            'type = "local"',
            'type = "s3"\nbucket = "state"\nregion = "us-gov-west-1"',
            "state_backend.region",
            "write a Region of aws-cn",
        ),
        (
            'type = "local"',
            'type = "local"\n[alarms]\ntopic_arn = "arn:aws:sns:cn-north-1:333333333333:team"',
            "alarms.topic_arn",
            "arn:aws-cn:",
        ),
        (
            'type = "local"',
            'type = "local"\n[job]\nsecrets = ["arn:aws:ssm:cn-north-1:333333333333:parameter/a"]',
            "job.secrets.0",
            "arn:aws-cn:",
        ),
        (
            'type = "local"',
            'type = "local"\n[job]\npolicy = "tests/fixtures/policies/lookup.json"',
            "job.policy",
            "table/products is not in the partition of cn-north-1",
        ),
        (
            'type = "local"',
            f'type = "local"\n[job]\nimage = "333333333333.dkr.ecr.cn-north-1.amazonaws.com/jobs{DIGEST}"',
            "job.image",
            "begin with <account id>.dkr.ecr.cn-north-1.amazonaws.com.cn/",
        ),
        (
            'type = "local"',
            'type = "local"\n[job.output]\nbucket = "theirs"\nregion = "eu-west-1"',
            "job.output.region",
            "write a Region of aws-cn",
        ),
        (
            'type = "local"',
            f'type = "local"\n[job.output]\nkms_key_arn = "{KEY.format(account="333333333333")}"',
            "job.output.kms_key_arn",
            "arn:aws-cn:",
        ),
        (
            "tags = {}",
            'tags = {}\nkey_source = "inventory"\n[inventory.existing]\nbucket = "theirs"\nid = "all"\n'
            f'kms_key_arn = "{KEY.format(account="333333333333")}"',
            "inventory.existing.kms_key_arn",
            "arn:aws-cn:",
        ),
    ],
)
def test_another_partition_is_refused(tmp_path: Path, old: str, new: str, field: str, words: str) -> None:
    assert old in CHINA
    found = errors(write(tmp_path, text=CHINA.replace(old, new)))
    assert len({error.split(": ")[1] for error in found}) == 1
    assert found[0].startswith(f"{tmp_path.name}/team.toml: {field}: ")
    assert words in found[0]


def test_everything_of_the_same_partition_is_accepted(tmp_path: Path) -> None:
    image = f"333333333333.dkr.ecr.cn-north-1.amazonaws.com.cn/jobs{DIGEST}"
    text = CHINA.replace("[source]", '[source]\nregion = "cn-northwest-1"') + f'[job]\nimage = "{image}"\n'
    assert load("team", write(tmp_path, text=text)).job.image == image


@pytest.mark.parametrize("region", ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"])
def test_a_region_of_an_unknown_partition_is_refused(tmp_path: Path, region: str) -> None:
    (error,) = errors(write(tmp_path, text=RIGHT.replace("eu-west-1", region)))
    assert f'region: "{region}" is a Region of a partition that mapspan doesn\'t know' in error
