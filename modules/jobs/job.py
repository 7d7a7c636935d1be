"""Job: a directory with a user's code, and which of its files go into the package."""

from __future__ import annotations

import ast
import fnmatch
import sys
from dataclasses import dataclass
from pathlib import Path

from modules.jobs.job_error import JobError, shown

JOB_FILE = "job.py"
FUNCTION = "process"
_LOCK = "requirements.txt"
_SAMPLES = "samples"
_TESTS = "tests"
_TEST_FILES = ("test_*.py", "*_test.py", "conftest.py")
_NOT_PACKAGED = ("requirements*", "README*")
# What the package has beside the job: the worker, what it imports, and the module by which it finds the job.
OURS = frozenset({"lambdas", "process_objects", "job"})
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath
RUNTIME_MODULES = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"})


@dataclass(frozen=True)
class Job:
    """The job in `directory`."""

    directory: Path

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def requirements(self) -> Path | None:
        """The lock of its packages, None if it needs none."""
        path = self.directory / _LOCK
        return path if path.is_file() else None

    @property
    def samples(self) -> list[Path]:
        """The files to try it on."""
        return _files(self.directory / _SAMPLES)

    @property
    def tests(self) -> list[Path]:
        """Its files of tests."""
        return [path for path in _files(self.directory) if _is_test(path.relative_to(self.directory))]

    def files(self) -> dict[Path, Path]:
        """What goes into the package, compiled files and data too: the file of each path in the package."""
        files = {path.relative_to(self.directory): path for path in _files(self.directory)}
        return {name: path for name, path in files.items() if _is_packaged(name)}


def find_job(directory: Path) -> Job:
    """The job in `directory`.

    Raises JobError if there is none, if `job.py` has no `process`, or if a file's name would hide a module.
    """
    directory = directory.absolute()
    if not directory.is_dir():
        raise JobError(f"there is no directory {shown(directory)}: create the job with `mapspan new {directory.name}`")
    job = Job(directory)
    _require_function(directory / JOB_FILE)
    for name in job.files():
        _refuse_hiding(directory, name)
    return job


def module_name(path: Path) -> str:
    """The top-level module that a file of a package belongs to, such as `numpy` for `numpy/core.py`."""
    return path.parts[0].partition(".")[0]


def _files(directory: Path) -> list[Path]:
    """The files below a directory, without caches and hidden files, sorted."""
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and not any(_is_hidden(part) for part in path.relative_to(directory).parts)
    )


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__pycache__"


def _is_test(name: Path) -> bool:
    return name.parts[0] == _TESTS or any(fnmatch.fnmatch(name.name, pattern) for pattern in _TEST_FILES)


def _is_packaged(name: Path) -> bool:
    top = name.parts[0]
    return not (_is_test(name) or top == _SAMPLES or any(fnmatch.fnmatch(top, pattern) for pattern in _NOT_PACKAGED))


def _require_function(path: Path) -> None:
    if not path.is_file():
        raise JobError(f"{shown(path)} does not exist: write it, with a function {FUNCTION}(obj)")
    try:
        module = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = f" line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise JobError(f"{shown(path)}{line} is not valid Python: {error.args[0]}") from error
    if not any(FUNCTION in _names(statement) for statement in ast.walk(module)):
        raise JobError(f"{shown(path)} has no function {FUNCTION}(obj): write one")


def _names(statement: ast.AST) -> set[str]:
    """The names that a statement defines. A name inside another function counts too, which only the import finds."""
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    if isinstance(statement, ast.Assign):
        return {target.id for target in statement.targets if isinstance(target, ast.Name)}
    if isinstance(statement, ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    return set()


def _refuse_hiding(directory: Path, name: Path) -> None:
    """Lambda looks for a module in the package first, before its own and Python's."""
    module = module_name(name)
    is_file = len(name.parts) == 1
    path = shown(directory / name.parts[0])
    if module in OURS and not (is_file and name.name == JOB_FILE):
        raise JobError(f"{path} has the name of a part of the package: rename it")
    is_module = name.suffix in (".py", ".so") if is_file else (directory / name.parts[0] / "__init__.py").exists()
    if is_module and (module in sys.stdlib_module_names or module in RUNTIME_MODULES):
        raise JobError(f"{path} would hide the module {module} of Python or of Lambda: rename it")
