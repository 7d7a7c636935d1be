"""The objects of a demo of a job: its samples, repeated under other keys."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import PurePosixPath

from modules.jobs.job import Job


def job_objects(job: Job, count: int, prefix: str) -> Iterator[tuple[str, bytes]]:
    """`count` keys and bodies below `prefix`: the job's samples, again and again, with a number before the suffix."""
    directory = job.directory / "samples"
    samples = [(PurePosixPath(path.relative_to(directory)), path.read_bytes()) for path in job.samples]
    for number, (path, body) in enumerate(itertools.islice(itertools.cycle(samples), count)):
        yield f"{prefix}{path.with_name(f'{path.stem}-{number:07}{path.suffix}')}", body
