"""One environment, whose settings are the JSON on stdin: `python -m modules.pipeline.environment_app`."""

from __future__ import annotations

import sys

from environments.environment import Environment
from modules.jobs.job_error import JobError
from modules.pipeline.app import synthesize

if __name__ == "__main__":
    try:
        synthesize([Environment.model_validate_json(sys.stdin.read())])
    except JobError as error:
        sys.exit(str(error))
