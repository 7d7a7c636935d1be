"""A new job is a copy of another one, and works at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mapspan.checkout import CommandError
from mapspan.jobs import named_job
from mapspan.jobs.named_job import EXAMPLES
from mapspan.jobs.new import new_job
from mapspan.main import commands
from modules.jobs.job import Job, find_job
from tests.fixtures.job_directories import write_job


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that stands for jobs/."""
    directory = tmp_path / "jobs"
    directory.mkdir()
    monkeypatch.setattr(named_job, "JOBS", directory)
    return directory


def test_a_new_job_has_all_files_of_the_one_that_it_copies(jobs: Path) -> None:
    checksum = EXAMPLES / "checksum"
    done = CliRunner().invoke(commands, ["new", "orders"])
    assert done.exit_code == 0, done.output
    files = {path.relative_to(checksum): path for path in checksum.rglob("*") if "__pycache__" not in path.parts}
    assert set(files) == {path.relative_to(jobs / "orders") for path in (jobs / "orders").rglob("*")}
    assert all(
        (jobs / "orders" / name).read_bytes() == path.read_bytes() for name, path in files.items() if path.is_file()
    )
    assert find_job(jobs / "orders").tests


def test_the_next_commands_and_the_settings_to_write_are_shown(jobs: Path) -> None:
    output = CliRunner().invoke(commands, ["new", "orders"]).output
    for line in ("mapspan try orders", "mapspan try orders --tests", "[job]", 'path = "jobs/orders"'):
        assert line in output
    assert (jobs / "orders" / "job.py").is_file()


def test_another_job_is_copied_by_its_directory_without_caches_and_hidden_files(jobs: Path, tmp_path: Path) -> None:
    other = write_job(tmp_path / "other", one="1")
    (other / "__pycache__").mkdir()
    (other / ".venv").mkdir()
    done = CliRunner().invoke(commands, ["new", "orders", "--from", str(other)])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (jobs / "orders").iterdir()) == ["job.py", "samples"]


@pytest.mark.parametrize("name", ["Orders", "order-totals", "1st", "../orders", "", "a b", "\x1b[31m", "a" * 64])
def test_a_name_that_is_not_a_directory_and_a_package_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a name for a job") as refused:
        new_job(name, origin=Job(EXAMPLES / "checksum"), jobs=tmp_path)
    assert "\x1b" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_job_is_not_touched(tmp_path: Path) -> None:
    mine = write_job(tmp_path / "orders")
    with pytest.raises(CommandError, match="already exists"):
        new_job("orders", origin=Job(EXAMPLES / "checksum"), jobs=tmp_path)
    assert (mine / "job.py").read_text() == (write_job(tmp_path / "again") / "job.py").read_text()
