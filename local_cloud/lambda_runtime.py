"""What Lambda's Python runtime has beside a function's zip: the standard library, boto3, and nothing else."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

from modules.jobs.job import RUNTIME_MODULES

_DIRECTORY = Path(__file__).resolve().parents[1] / ".build" / "lambda_runtime"
# Without site, Python has no site-packages on its path; -P leaves out the script's directory. Lambda's locale is UTF-8.
PYTHON_OPTIONS = ("-S", "-P", "-X", "utf8")


def runtime_packages() -> Path:
    """A directory with the runtime's boto3 and what that needs, and nothing else of this virtual environment."""
    return linked_packages(RUNTIME_MODULES)


@functools.cache
def linked_packages(modules: frozenset[str]) -> Path:
    """A directory with these modules and packages of this virtual environment.

    Its entries are links, so that the compiled files beside the originals are used.
    """
    origins = [_origin(name) for name in sorted(modules)]
    directory = _DIRECTORY / hashlib.sha256("\n".join(map(str, origins)).encode()).hexdigest()[:16]
    if not directory.is_dir():
        _link(origins, directory)
    return directory


def python_command() -> list[str]:
    """This Python with the standard library alone. PYTHONPATH adds a package and `runtime_packages()`."""
    return [sys.executable, *PYTHON_OPTIONS]


def _origin(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} is not installed: run `make setup`", name=module)
    file = Path(spec.origin)
    return file.parent if file.name == "__init__.py" else file


def _link(origins: list[Path], directory: Path) -> None:
    """Create the directory beside its place and rename it, so that it is complete wherever it exists."""
    _DIRECTORY.mkdir(parents=True, exist_ok=True)
    target = Path(tempfile.mkdtemp(dir=_DIRECTORY))
    for origin in origins:
        (target / origin.name).symlink_to(origin)
    try:
        target.rename(directory)
    except OSError:
        shutil.rmtree(target)
        if not directory.is_dir():
            raise
