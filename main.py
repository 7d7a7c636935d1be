"""The CDKTF app: one stack per environment. It builds all of them each time, so that a laptop finds a broken prod."""

import sys

from environments.files import SettingsError, load_all
from modules.jobs.job_error import JobError
from modules.pipeline.app import synthesize

if __name__ == "__main__":
    try:
        synthesize(load_all())
    except (SettingsError, JobError) as error:
        sys.exit(str(error))
