"""`mapspan try` calls a job in a process that sees what its function will see."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapspan.jobs import try_command
from mapspan.main import app
from tests.fixtures.job_directories import write_job
from tests.fixtures.mapspan_command import Completed


class Trials:
    """Runs `mapspan try` as the console script does, with .build in a directory of the test's own."""

    def __init__(self, build: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(try_command, "BUILD", build)
        self._monkeypatch = monkeypatch
        self._capfd = capfd

    def __call__(self, *arguments: str | Path) -> Completed:
        self._monkeypatch.setattr("sys.argv", ["mapspan", "try", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            app()
        out, err = self._capfd.readouterr()
        code = ended.value.code  # a sentence, if an expected error ended it
        return Completed(code if isinstance(code, int) else 1, out, f"{err}{code}")


@pytest.fixture
def mapspan_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Trials:
    return Trials(tmp_path / "build", monkeypatch, capfd)


def test_each_sample_gives_a_line_and_outputs_go_to_a_folder(tmp_path: Path, mapspan_try: Trials) -> None:
    job = write_job(tmp_path / "count", empty="", three="a\nb\nc\n")
    done = mapspan_try(job)
    assert done.code == 0, done.err
    assert done.objects == [
        {"key": "empty.txt", "outcome": "Skipped", "reason": "empty"},
        {"key": "three.txt", "outcome": "Succeeded", "result": {"lines": 3}},
    ]
    assert (tmp_path / "build" / "try" / "count" / "first" / "three.txt").read_text() == "a"
    assert "imported" in done.err, "what the job prints isn't on stdout"


def test_a_failing_file_gives_its_traceback_and_exit_code_1(tmp_path: Path, mapspan_try: Trials) -> None:
    job = write_job(tmp_path / "count")
    (tmp_path / "broken.txt").write_text("broken")
    done = mapspan_try(job, tmp_path / "broken.txt", "--output", tmp_path / "out")
    assert done.code == 1
    (line,) = done.objects
    assert (line["key"], line["outcome"], line["error"]) == ("broken.txt", "Failed", "ProcessorFailed")
    assert line["cause"] == "ValueError: the first line is broken: \x1b[31m"
    assert f'File "{job / "job.py"}", line 12, in process' in done.err, "the file that a person edits"
    assert "job_call" not in done.err, "the traceback begins in the job"
    assert "\x1b" not in done.err
    assert not (tmp_path / "out").exists()


def test_a_job_that_ends_its_process_is_an_error(tmp_path: Path, mapspan_try: Trials) -> None:
    job = write_job(tmp_path / "dies", "import os\ndef process(obj): os.kill(os.getpid(), 9)\n", a="1")
    done = mapspan_try(job)
    assert (done.code, done.objects) == (1, [])
    assert "the process that ran the job was ended by SIGKILL" in done.err


def test_a_package_that_is_not_in_the_requirements_is_missing(tmp_path: Path, mapspan_try: Trials) -> None:
    job = write_job(tmp_path / "count", "import pydantic\ndef process(obj): ...\n", one="1")
    done = mapspan_try(job)
    assert (done.code, done.objects) == (1, [])
    assert "No module named 'pydantic'" in done.err
    assert "must be in its requirements.txt" in done.err


def test_a_result_of_any_size_is_printed_as_a_run_keeps_it(tmp_path: Path, mapspan_try: Trials) -> None:
    job = write_job(tmp_path / "large", 'def process(obj): return {"text": "x" * 5_000_000}\n', one="1")
    done = mapspan_try(job)
    assert done.code == 0
    assert done.objects[0]["result"] == {"text": "x" * 5_000_000}


def test_the_tests_of_a_job_run_with_its_build_alone(
    tmp_path: Path, mapspan_try: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    job = write_job(tmp_path / "count")
    (job / "test_job.py").write_text(
        "import importlib.util, job\n"
        "def test_right(): assert importlib.util.find_spec('pydantic') is None\n"
        "def test_wrong(): assert job.process is None\n"
    )
    done = mapspan_try(job, "--tests")
    assert done.code == 1
    assert "1 failed, 1 passed" in done.out
    assert not list(job.rglob("__pycache__"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no-such-job",), "no such job"),
        (("{job}", "{job}/nothing.txt"), "nothing.txt is not a file"),
        (("{job}",), "has no samples"),
        (("{job}", "--tests"), "has no tests"),
        (("{job}", "--tests", "--environment", "dev"), "choose one"),
        (("{job}", "{job}/job.py", "--environment", "dev"), "choose one"),
        (("{job}", "--environment", "no-such"), "no such environment"),
        (("{job}", "{job}/job.py", "{job}/../count/job.py"), "two files have the key job.py"),
        (("{job}", "--sample", "5"), "--sample needs an environment"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    tmp_path: Path, mapspan_try: Trials, arguments: tuple[str, ...], words: str
) -> None:
    job = write_job(tmp_path / "count")
    done = mapspan_try(*(argument.format(job=job) for argument in arguments))
    assert (done.code, done.objects) == (1, [])
    assert words in done.err
