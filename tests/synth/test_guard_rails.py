"""What keeps a deploy from touching another account, and from deleting data that can't be restored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.environment import Environment
from environments.files import load, load_all
from modules.pipeline.app import synthesize

Stack = dict[str, Any]


def test_each_provider_allows_only_the_account_that_its_environment_names(stacks: Stack) -> None:
    for environment in load_all():
        accounts = [provider["allowed_account_ids"] for provider in stacks[environment.name]["provider"]["aws"]]
        assert accounts == [[environment.target.account_id], [environment.source.account_id]]


@pytest.fixture(scope="module")
def with_buckets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stack]:
    """local and dev, each with buckets."""
    environments: dict[str, Environment] = {name: load(name) for name in ("dev", "local")}
    outdir = tmp_path_factory.mktemp("protected")
    synthesize(environments.values(), outdir)
    return {name: json.loads((outdir / "stacks" / name / "cdk.tf.json").read_text()) for name in environments}


def test_terraform_refuses_to_destroy_buckets_outside_the_local_cloud(with_buckets: dict[str, Stack]) -> None:
    for name, stack in with_buckets.items():
        assert stack["resource"]["aws_s3_bucket"]
        for resource in stack["resource"]["aws_s3_bucket"].values():
            protected = resource.get("lifecycle", {}).get("prevent_destroy", False)
            assert protected == (name != "local")


def test_a_plan_checks_the_source_bucket_and_its_region_through_the_source_account(dev: Stack) -> None:
    bucket = dev["data"]["aws_s3_bucket"]["source_access_bucket"]
    assert bucket["provider"] == "aws.source"
    assert bucket["bucket"] == "example-landing-zone-dev"
    (region,) = bucket["lifecycle"]["postcondition"]
    assert region["condition"] == '${self.region == "eu-west-1"}'
