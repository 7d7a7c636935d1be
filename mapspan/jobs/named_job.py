"""Finds a job by its directory or by its name."""

from __future__ import annotations

from pathlib import Path

from mapspan.checkout import ROOT, CommandError
from mapspan.outside_text import visible
from modules.jobs.job import JOB_FILE, Job, find_job

JOBS = ROOT / "jobs"
EXAMPLES = ROOT / "examples" / "jobs"


def named_job(name: str) -> Job:
    """The job in the directory `name`, or the one with that name below jobs/ or examples/jobs/.

    Raises:
        CommandError: no such directory exists.
        JobError: the directory contains no job.
    """
    for directory in (Path(name), JOBS / name, EXAMPLES / name):
        if directory.is_dir():
            return find_job(directory)
    known = ", ".join([*job_names(JOBS), *job_names(EXAMPLES)]) or "none"
    raise CommandError(
        f"{visible(name)}: no such job: write a directory that contains {JOB_FILE}, or one of these names: {known}"
    )


def job_names(directory: Path) -> list[str]:
    """The names of the jobs in a directory of jobs."""
    return sorted(path.parent.name for path in directory.glob(f"*/{JOB_FILE}"))
