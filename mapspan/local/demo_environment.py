"""The environment that the demo deploys: `local`, with another key source or another job."""

from __future__ import annotations

import json
from pathlib import Path

from environments.environment import Environment
from mapspan.checkout import ROOT
from modules.pipeline.workflow.names import LISTING, KeySourceName


def demo_environment(local: Environment, *, key_source: KeySourceName, job: Path | None) -> Environment:
    """`local` with this key source and, if it isn't None, the job in this directory of the checkout and an output.

    It is checked as its file would be. The rest of `[job]` stays, such as the job's memory and variables.
    """
    settings = json.loads(local.model_dump_json(exclude_defaults=True))
    if key_source != local.key_source:
        settings["key_source"] = key_source
        if key_source != LISTING:
            settings.pop("list_objects", None)
    if job is not None:
        path = job.resolve().relative_to(ROOT).as_posix()
        settings["job"] = {**settings.get("job", {}), "path": path, "output": {}}
        settings["job"].pop("image", None)  # it contains another job
    return Environment.model_validate_json(json.dumps(settings))
