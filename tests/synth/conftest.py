"""One synth of every environment for the whole floor: jsii's start costs more than all the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments.files import load_all
from modules.pipeline.app import synthesize


def synthesized(outdir: Path) -> dict[str, Any]:
    """Each environment's Terraform JSON by the environment's name."""
    synthesize(load_all(), outdir)
    return {path.parent.name: json.loads(path.read_text()) for path in outdir.glob("stacks/*/cdk.tf.json")}


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


@pytest.fixture(scope="session")
def local(stacks: dict[str, Any]) -> dict[str, Any]:
    stack: dict[str, Any] = stacks["local"]
    return stack
