"""Runs the tests of a job with its build, pytest, and nothing else that is installed here."""

from __future__ import annotations

import os

from local_cloud.lambda_runtime import linked_packages
from mapspan.checkout import CommandError
from mapspan.jobs.isolation import isolated
from modules.jobs.build import Report, build
from modules.jobs.job import Job
from modules.jobs.job_error import shown
from modules.jobs.platform import this_machine

# https://docs.pytest.org/en/stable/reference/exit-codes.html
_NO_TESTS = 5
# pytest and what it imports.
_PYTEST = frozenset(("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments"))


def run_tests(job: Job, *, report: Report) -> int:
    """Run the job's tests with pytest. Returns its exit code; 0 if the files of tests contain none.

    Raises:
        CommandError: the job has no tests.
        JobError: the job can't be built.
    """
    if not job.tests:
        raise CommandError(f"the job {job.name} has no tests: write {shown(job.directory / 'test_job.py')}")
    # The project's own settings of pytest name plugins that aren't there. "importlib" leaves the job's directory off
    # the path: a file that isn't packaged could be imported from there.
    options = ["--config-file", os.devnull, "--rootdir", str(job.directory), "--import-mode", "importlib"]
    code = isolated(
        ["-m", "pytest", "--quiet", "-p", "no:cacheprovider", *options, str(job.directory)],
        build=build(job, this_machine(), report=report),
        packages=[linked_packages(_PYTEST)],
        directory=job.directory,
    )
    return 0 if code == _NO_TESTS else code
