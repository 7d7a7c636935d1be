"""What keeps a deploy from touching another account, and from deleting what can't be made again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.environment import Environment
from environments.files import load, load_all
from environments.settings import AlarmSettings
from modules.pipeline.app import synthesize

Stack = dict[str, Any]
# What holds data, and what makes data unreadable when it goes.
KEPT = ("aws_s3_bucket", "aws_kms_key")


def test_every_provider_of_every_environment_allows_exactly_the_account_that_is_named(stacks: Stack) -> None:
    for environment in load_all():
        accounts = [provider["allowed_account_ids"] for provider in stacks[environment.name]["provider"]["aws"]]
        assert accounts == [[environment.target.account_id], [environment.source.account_id]]


@pytest.fixture(scope="module")
def everything_kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stack]:
    """local and dev, each with all that an environment may leave out."""
    made: dict[str, Environment] = {
        name: load(name).model_copy(update={"alarms": AlarmSettings(email="team@example.com")})
        for name in ("dev", "local")
    }
    outdir = tmp_path_factory.mktemp("kept")
    synthesize(made.values(), outdir)
    return {name: json.loads((outdir / "stacks" / name / "cdk.tf.json").read_text()) for name in made}


def test_terraform_refuses_to_destroy_buckets_and_keys_outside_the_local_cloud(
    everything_kept: dict[str, Stack],
) -> None:
    for name, stack in everything_kept.items():
        for kind in KEPT:
            assert stack["resource"][kind]
            for resource in stack["resource"][kind].values():
                protected = resource.get("lifecycle", {}).get("prevent_destroy", False)
                assert protected == (name != "local")


def test_a_plan_asks_the_source_account_for_its_bucket(dev: Stack) -> None:
    found = dev["data"]["aws_s3_bucket"]["source_access_bucket"]
    assert found["provider"] == "aws.source"
    assert found["bucket"] == "example-landing-zone-dev"
    (region,) = found["lifecycle"]["postcondition"]
    assert region["condition"] == '${self.region == "eu-west-1"}'
