"""Writes a new job: a copy of another one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from mapspan.checkout import CommandError
from mapspan.outside_text import visible
from modules.jobs.job import Job
from modules.jobs.job_error import shown

# The name is a directory's, a part of `[job] path`, and a package's for a type checker.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CACHES = shutil.ignore_patterns("__pycache__", ".*")


def new_job(name: str, *, origin: Job, jobs: Path) -> Path:
    """Copy the job `origin` to the directory `name` in `jobs`. Returns that directory.

    Raises:
        CommandError: the name isn't valid, or the directory exists.
    """
    if not _NAME.fullmatch(name):
        raise CommandError(
            f"{visible(name)}: not a name for a job: write lower-case letters, digits and underscores, a letter first,"
            " such as order_totals"
        )
    directory = jobs / name
    if directory.exists():
        raise CommandError(f"{shown(directory)} already exists: choose another name, or remove it first")
    shutil.copytree(origin.directory, directory, ignore=_CACHES)
    return directory
