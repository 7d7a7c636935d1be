"""`python -m mapspan.jobs`, the user's floor of tests: valid environments, proved grants, tests of jobs that pass."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from environments.environment import Environment
from environments.files import SettingsError, file_of, load_all
from mapspan.checkout import ROOT
from mapspan.jobs.grants.job_proof import job_grant_errors
from mapspan.jobs.job_tests import run_tests
from mapspan.jobs.named_job import JOBS, job_names
from mapspan.review.iam.simulator import EngineMissingError, Simulator
from modules.jobs.job import find_job
from modules.jobs.job_error import JobError


def main() -> int:
    """Check everything, report each error, and return the exit code."""
    environments = _environment_errors()
    names = job_names(JOBS)
    if not names:
        typer.echo("jobs/ contains no job: nothing to test")
    jobs = [error for name in names if (error := _job_error(name))]
    for error in (*environments, *jobs):
        typer.echo(error, err=True)
    return 1 if environments or jobs else 0


def _environment_errors() -> list[str]:
    try:
        environments = load_all()
    except SettingsError as error:
        return str(error).splitlines()
    typer.echo(f"valid environments: {', '.join(environment.name for environment in environments)}")
    errors = []
    for environment in environments:
        try:
            find_job(ROOT / environment.job.path)
        except JobError as error:
            errors.append(f"{file_of(environment.name)}: job.path: {error}")
    return [*errors, *_grant_errors(environments)]


def _grant_errors(environments: Sequence[Environment]) -> list[str]:
    """What is wrong with the permissions of each environment's job."""
    try:
        with Simulator() as simulator:
            errors = [error for environment in environments for error in job_grant_errors(simulator, environment)]
    except EngineMissingError as error:
        typer.echo(f"what the jobs may do is not proved: {error}")
        return []
    if not errors:
        typer.echo("what the jobs may do is what their environments say, and nothing else")
    return errors


def _job_error(name: str) -> str | None:
    """Why a job isn't right, after its tests; None if it is."""
    try:
        job = find_job(JOBS / name)
        if not job.tests:
            typer.echo(f"jobs/{name} has no tests")
            return None
        typer.echo(f"jobs/{name}:")
        code = run_tests(job, report=typer.echo)
    except JobError as error:
        return f"jobs/{name}: {error}"
    return f"jobs/{name}: its tests fail (exit code {code})" if code else None


if __name__ == "__main__":
    sys.exit(main())
