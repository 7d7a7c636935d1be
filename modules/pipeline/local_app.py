"""The `local` environment with another key source: `python -m modules.pipeline.local_app KEY_SOURCE`."""

from __future__ import annotations

import sys

from environments.files import load
from modules.jobs.job_error import JobError
from modules.pipeline.app import synthesize

if __name__ == "__main__":
    try:
        synthesize([load("local").model_copy(update={"key_source": sys.argv[1]})])
    except JobError as error:
        sys.exit(str(error))
