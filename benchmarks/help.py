"""Measures the CPU of `mapspan --help`, of a command's help and of a completion, against a bare `import typer`."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

BARE = "import typer"
_MAPSPAN = [sys.executable, "-c", "import sys; sys.argv[0] = 'mapspan'; from mapspan.main import app; app()"]
_COMPLETION = {"_MAPSPAN_COMPLETE": "complete_bash", "COMP_WORDS": "mapspan r", "COMP_CWORD": "1"}
_ROOT = Path(__file__).parent.parent


def help_runs() -> Mapping[str, Callable[[], float]]:
    """Each run returns its CPU seconds, of the user and of the system."""
    return {
        BARE: partial(_cpu_seconds, [sys.executable, "-c", "import typer"]),
        "--help": partial(_cpu_seconds, [*_MAPSPAN, "--help"]),
        "run --help": partial(_cpu_seconds, [*_MAPSPAN, "run", "--help"]),
        "completion": partial(_cpu_seconds, _MAPSPAN, _COMPLETION),
    }


def _cpu_seconds(command: list[str], variables: Mapping[str, str] | None = None) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, **(variables or {})}
    subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 # our code
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
