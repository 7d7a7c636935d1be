"""Runs Python with a job's build, the standard library and the runtime's packages, as a function does."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from local_cloud.lambda_runtime import python_command, runtime_packages
from mapspan.outside_text import visible_lines


def isolated(
    arguments: Sequence[str],
    *,
    build: Path,
    packages: Sequence[Path] = (),
    variables: Mapping[str, str] | None = None,
    stdin: str = "",
    directory: Path,
) -> int:
    """Run Python with these arguments in an isolated process, and return its exit code.

    Its stdout is this process's. Its stderr too, with hidden characters shown, and with the job's own files named by
    their place in `directory`, where a person edits them.

    Args:
        build: the job's package, unpacked.
        packages: further directories of packages.
        variables: environment variables, beside those of this process.
        directory: the job's.
    """
    path = os.pathsep.join(map(str, [build, runtime_packages(), *packages]))
    with subprocess.Popen(  # noqa: S603 - this interpreter
        [*python_command(), *arguments],
        env={**os.environ, **(variables or {}), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdin is not None  # noqa: S101 # it is a pipe
        assert process.stderr is not None  # noqa: S101 # likewise
        shown = threading.Thread(target=_show, args=(process.stderr, build, directory))
        shown.start()
        # It may end without reading.
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(stdin)
        code = process.wait()
        shown.join()
    return code


def _show(stderr: IO[str], build: Path, directory: Path) -> None:
    for line in stderr:
        sys.stderr.write(visible_lines(_in_directory(line, build, directory)))
        sys.stderr.flush()


def _in_directory(line: str, build: Path, directory: Path) -> str:
    """The line with the path of each of the job's own files as it is in its directory."""

    def place(match: re.Match[str]) -> str:
        file = directory / match[1]
        return str(file) if file.is_file() else match[0]

    return re.sub(re.escape(f"{build}{os.sep}") + r'([^":\n]+)', place, line)
