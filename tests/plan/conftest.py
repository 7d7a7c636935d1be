"""Real terraform with the real provider, without a cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.files import load_all
from examples import app as examples_app
from modules.pipeline.app import synthesize


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that holds every environment's synthesized stack."""
    outdir = tmp_path_factory.mktemp("plan")
    synthesize(load_all(), outdir)
    return outdir / "stacks"


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that holds every example's synthesized stack."""
    outdir = tmp_path_factory.mktemp("examples")
    examples_app.synthesize(outdir)
    return outdir / "stacks"
