"""A job is found by its directory, or by its name below jobs/ or examples/jobs/."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapspan.checkout import CommandError
from mapspan.jobs import named_job
from mapspan.jobs.named_job import EXAMPLES
from modules.jobs.job_error import JobError
from tests.fixtures.job_directories import write_job


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(named_job, "JOBS", tmp_path / "jobs")
    return tmp_path / "jobs"


def test_a_job_in_any_directory_is_found(tmp_path: Path) -> None:
    directory = write_job(tmp_path / "mine")
    assert named_job.named_job(str(directory)).directory == directory


def test_a_name_is_one_of_the_users_jobs_before_one_of_the_examples(jobs: Path) -> None:
    assert named_job.named_job("checksum").directory == EXAMPLES / "checksum"
    write_job(jobs / "checksum")
    assert named_job.named_job("checksum").directory == jobs / "checksum"


def test_an_unknown_name_is_reported_with_the_known_ones(jobs: Path) -> None:
    write_job(jobs / "mine")
    with pytest.raises(CommandError, match=r"^chekcsum: no such job: .*one of these names: mine, checksum"):
        named_job.named_job("chekcsum")


def test_a_directory_without_a_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"job\.py"):
        named_job.named_job(str(tmp_path))
