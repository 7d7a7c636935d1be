"""Which files are a job, and which of them are packaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.jobs.job import find_job
from modules.jobs.job_error import JobError

CODE = "def process(obj):\n    return {}\n"


def write(directory: Path, *names: str, code: str = CODE) -> Path:
    for name in ("job.py", *names):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code if name == "job.py" else "")
    return directory


def test_compiled_files_and_data_are_packaged_and_tests_and_samples_are_not(tmp_path: Path) -> None:
    job = find_job(
        write(
            tmp_path,
            *("fast.cpython-313-aarch64-linux-gnu.so", "model/weights.bin", "model/__init__.py"),
            *("test_job.py", "conftest.py", "tests/data.bin", "model/test_model.py", "samples/a.csv"),
            *("requirements.txt", "requirements.in", "README.md", ".env", "__pycache__/job.pyc", "model/.DS_Store"),
        )
    )
    packaged = {path.as_posix() for path in job.files()}
    assert packaged == {"job.py", "fast.cpython-313-aarch64-linux-gnu.so", "model/weights.bin", "model/__init__.py"}
    assert [path.name for path in job.samples] == ["a.csv"]
    assert [path.name for path in job.tests] == ["conftest.py", "test_model.py", "test_job.py", "data.bin"]
    assert job.requirements == tmp_path / "requirements.txt"


@pytest.mark.parametrize(
    "code", ["from work import process\n", "process = print\n", "def process(obj: object) -> None: ...\n"]
)
def test_process_may_be_defined_assigned_or_imported(tmp_path: Path, code: str) -> None:
    assert find_job(write(tmp_path, code=code)).name == tmp_path.name


@pytest.mark.parametrize(
    ("names", "code", "message"),
    [
        ([], "def proces(obj): ...\n", "job.py has no function process(obj)"),
        ([], "def process(obj:\n", "job.py line 1 is not valid Python"),
        (["lambdas/shared.py"], CODE, "lambdas has the name of a part of the package"),
        (["job/__init__.py"], CODE, "job has the name of a part of the package"),
        (["process_objects.py"], CODE, "process_objects.py has the name of a part of the package"),
        (["json.py"], CODE, "json.py would hide the module json"),
        (["boto3/__init__.py"], CODE, "boto3 would hide the module boto3"),
    ],
)
def test_what_is_not_a_job_is_refused_by_name(tmp_path: Path, names: list[str], code: str, message: str) -> None:
    write(tmp_path, *names, code=code)
    with pytest.raises(JobError, match=r"^[^\n]*$") as raised:
        find_job(tmp_path)
    assert message in str(raised.value)


def test_a_folder_of_data_may_have_the_name_of_a_module(tmp_path: Path) -> None:
    assert Path("json/schema.txt") in find_job(write(tmp_path, "json/schema.txt")).files()


def test_an_absent_job_names_the_command_that_creates_it(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="mapspan new absent"):
        find_job(tmp_path / "absent")


def test_a_directory_without_job_py_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"job\.py does not exist"):
        find_job(tmp_path)


def test_what_a_file_contains_reaches_an_error_escaped() -> None:
    assert str(JobError("a\x1b[31mb\u202e")) == "a\\x1b[31mb\\u202e"
