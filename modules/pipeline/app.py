"""The CDKTF app of some environments."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cdktf

from environments.environment import Environment
from modules.pipeline.stack import PipelineStack
from modules.provider_lock import copy_lock_file


def synthesize(environments: Iterable[Environment], outdir: Path | None = None) -> None:
    """Write one stack per environment below `outdir`; by default below CDKTF_OUTDIR, else cdktf.out."""
    app = cdktf.App(outdir=str(outdir) if outdir else None)
    for environment in environments:
        PipelineStack(app, environment)
    app.synth()
    copy_lock_file(Path(app.outdir))
