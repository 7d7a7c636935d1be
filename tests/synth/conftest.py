"""One synth of every environment for the whole floor: starting jsii costs more than all the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments.environment import Environment
from environments.files import load, load_all
from modules.pipeline.app import synthesize

SOURCE_KEY = "arn:aws:kms:eu-west-1:444444444444:key/9f0d3b1c-data"
RUNS_KEY = "arn:aws:kms:eu-west-1:333333333333:key/9f0d3b1c-runs"


def synthesized(outdir: Path) -> dict[str, Any]:
    """Each environment's Terraform JSON by the environment's name."""
    synthesize(load_all(), outdir)
    return {path.parent.name: json.loads(path.read_text()) for path in outdir.glob("stacks/*/cdk.tf.json")}


def dev_with_keys(outdir: Path, *, bucket_policy: str, **changes: Any) -> Any:
    """dev's Terraform JSON with customer-managed keys on both sides, another bucket policy, and `changes`."""
    dev = json.loads(load("dev").model_dump_json(exclude_defaults=True))
    dev["source"] |= {"bucket_policy": bucket_policy, "kms_key_arn": SOURCE_KEY}
    if bucket_policy == "handover":
        del dev["source"]["deploy_role_arn"]
    settings = {**dev, "kms_key_arn": RUNS_KEY, **changes}
    synthesize([Environment.model_validate_json(json.dumps(settings))], outdir)
    return json.loads((outdir / "stacks" / "dev" / "cdk.tf.json").read_text())


def in_source_account(stack: Any) -> set[str]:
    """The addresses of the resources that the source account's provider creates."""
    return {
        f"{kind}.{name}"
        for kind, resources in stack["resource"].items()
        for name, resource in resources.items()
        if resource.get("provider") == "aws.source"
    }


@pytest.fixture(scope="session")
def outdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("synth")


@pytest.fixture(scope="session")
def stacks(outdir: Path) -> dict[str, Any]:
    return synthesized(outdir)


@pytest.fixture(scope="session")
def dev(stacks: dict[str, Any]) -> dict[str, Any]:
    stack: dict[str, Any] = stacks["dev"]
    return stack
