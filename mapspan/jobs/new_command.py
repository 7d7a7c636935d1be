"""`mapspan new`: a job to begin with."""

from __future__ import annotations

from typing import Annotated

import typer


def new_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new job's name, and its directory's in jobs/.")],
    origin: Annotated[
        str, typer.Option("--from", metavar="JOB", help="The job to copy: a directory, or a name as for `mapspan try`.")
    ] = "checksum",
) -> None:
    """Write jobs/NAME: your code to begin with, with a test and samples. It is a copy of another job."""
    from mapspan.jobs.named_job import JOBS, named_job
    from mapspan.jobs.new import new_job

    new_job(name, origin=named_job(origin), jobs=JOBS)
    typer.echo(
        f"jobs/{name} is written: change process in jobs/{name}/job.py\n"
        f"\n"
        f"  mapspan try {name}            run it on its samples\n"
        f"  mapspan try {name} --tests    run its tests\n"
        f"\n"
        f"Then name it in an environment, such as environments/dev.toml:\n"
        f"\n"
        f"  [job]\n"
        f'  path = "jobs/{name}"'
    )
