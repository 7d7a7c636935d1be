"""`make test-jobs` validates the user's environments, and runs the tests of the user's jobs."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from environments.files import load_all
from mapspan.jobs import __main__ as floor
from mapspan.review.iam.simulator import INSTALL_ENGINE, EngineMissingError, Simulator
from tests.fixtures.environment_files import RIGHT, write
from tests.fixtures.job_directories import write_job


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that stands for the checkout, with one environment and no job."""
    for name in ("environments", "jobs"):
        (tmp_path / name).mkdir()
    write(tmp_path / "environments", text=f"{RIGHT}[job]\npath = 'jobs/count'\n")
    write_job(tmp_path / "jobs" / "count")
    monkeypatch.setattr(floor, "ROOT", tmp_path)
    monkeypatch.setattr(floor, "JOBS", tmp_path / "jobs")
    monkeypatch.setattr(floor, "load_all", partial(load_all, tmp_path / "environments"))
    return tmp_path


def missing_engine(simulator: Simulator) -> Simulator:
    simulator.close()
    raise EngineMissingError(INSTALL_ENGINE)


def test_a_checkout_without_jobs_passes(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(floor, "JOBS", checkout / "nothing")
    assert floor.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "valid environments: team",
        "what the jobs may do is what their environments say, and nothing else",
        "jobs/ contains no job: nothing to test",
    ]


@pytest.mark.usefixtures("checkout")
def test_a_wrong_grant_fails_the_floor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(floor, "job_grant_errors", lambda _, environment: [f"{environment.name}: wider"])
    assert floor.main() == 1
    assert capsys.readouterr().err == "team: wider\n"


@pytest.mark.usefixtures("checkout")
def test_without_the_engine_the_floor_says_that_grants_are_not_proved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Simulator, "__enter__", missing_engine)
    assert floor.main() == 0
    assert "what the jobs may do is not proved: the engine isn't installed" in capsys.readouterr().out


def test_a_job_without_tests_passes(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "jobs" / "README.md").touch()
    assert floor.main() == 0
    assert "jobs/count has no tests" in capsys.readouterr().out


def test_a_failing_test_of_one_job_fails_the_floor(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_job(checkout / "jobs" / "empty")
    (checkout / "jobs" / "count" / "test_job.py").write_text("def test_it(): assert False\n")
    (checkout / "jobs" / "empty" / "test_job.py").write_text("")
    assert floor.main() == 1
    out, err = capfd.readouterr()
    assert "jobs/empty:\n\nno tests ran" in out, "a file without a test fails nothing"
    assert err == "jobs/count: its tests fail (exit code 1)\n"


def test_every_wrong_setting_and_every_missing_job_is_reported(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "jobs" / "count" / "job.py").unlink()
    assert floor.main() == 1
    assert "environments/team.toml: job.path:" in capsys.readouterr().err
    write(checkout / "environments", text=RIGHT.replace("eu-west-1", "Ireland"))
    assert floor.main() == 1
    assert "environments/team.toml: region:" in capsys.readouterr().err
