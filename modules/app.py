"""The CDKTF app."""

from __future__ import annotations

from collections.abc import Iterable

import cdktf

from environments.settings import Environment
from modules.pipeline_stack import PipelineStack


def synthesize(environments: Iterable[Environment]) -> None:
    """Write one stack per environment below cdktf.out, or the directory that CDKTF_OUTDIR names."""
    app = cdktf.App()
    for environment in environments:
        PipelineStack(app, environment)
    app.synth()
