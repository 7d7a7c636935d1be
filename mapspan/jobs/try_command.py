"""`mapspan try`: a job on this machine, without a cloud."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from mapspan.arguments import MaybeEnvironmentName
from mapspan.checkout import BUILD, CommandError

# How many objects of a bucket are tried by default.
_SAMPLE = 20


def try_command(
    name: Annotated[
        str,
        typer.Argument(metavar="JOB", help="The job: a directory, or the name of one in jobs/ or examples/jobs/."),
    ],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="The files to try. By default the job's samples.")
    ] = None,
    environment_name: MaybeEnvironmentName = None,
    sample: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000, help="With --environment: how many objects of its source bucket to try. By default 20."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Where the job's output goes. By default .build/try/JOB."),
    ] = None,
    *,
    tests: Annotated[bool, typer.Option("--tests", help="Run the job's tests instead.")] = False,
) -> None:
    """Call a job for some files, without a cloud, and print a line of JSON for each.

    The job sees what its function will see: its package, the standard library and boto3. Tracebacks go to stderr.

    With --environment, it reads objects spread over the source bucket, with your own credentials. It still writes to
    the output directory only.

    Exit codes: 0 each object succeeded or was skipped, 1 an object or a test failed.
    """
    from mapspan.deployment import find_deployment
    from mapspan.jobs.job_tests import run_tests
    from mapspan.jobs.named_job import named_job
    from mapspan.jobs.try_job import try_files, try_sample

    if (files and environment_name) or (tests and (files or environment_name)):
        raise CommandError("choose one: FILE, --environment or --tests")
    if sample is not None and not environment_name:
        raise CommandError("--sample needs an environment, whose source bucket it reads: add --environment NAME")
    job = named_job(name)
    if tests:
        raise typer.Exit(run_tests(job, report=_report))
    directory = output or _emptied(BUILD / "try" / job.name)
    if environment_name:
        code = try_sample(job, find_deployment(environment_name), sample or _SAMPLE, output=directory, report=_report)
    else:
        code = try_files(job, files or [], output=directory, report=_report)
    if directory.is_dir():
        _report(f"output: {directory}")
    raise typer.Exit(code)


def _emptied(directory: Path) -> Path:
    """The directory, without what an earlier trial left there."""
    shutil.rmtree(directory, ignore_errors=True)
    return directory


def _report(line: str) -> None:
    typer.echo(line, err=True)
