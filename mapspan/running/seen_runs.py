"""The names of an environment's executions that commands have seen, for the completion of the shell.

One JSON file in the user's cache directory: {environment: [name, …]}, newest first. It holds nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

MOST_NAMES = 50
# An execution's name, or an environment's, of characters that no shell acts on.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
# A larger file is not ours: it would take hundreds of environments.
_MOST_BYTES = 1_000_000


def seen_runs(environment: str) -> list[str]:
    """The names of the environment's executions, newest first; none if the file is missing, broken or not ours."""
    return _read().get(environment, [])


def remember_runs(environment: str, names: Iterable[str]) -> None:
    """Put `names`, newest first, before the names known so far.

    The file is replaced as a whole. Nothing happens if it can't be written: a completion is not worth an error.
    """
    runs = _read()
    merged = _valid([*names, *runs.get(environment, [])])
    if not _NAME.fullmatch(environment) or merged == runs.get(environment, []):
        return
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: as in _read
        _write({**runs, environment: merged})


def cache_file() -> Path:
    """The file: below XDG_CACHE_HOME or ~/.cache, on Windows below LOCALAPPDATA."""
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    # A relative path counts as none: https://specifications.freedesktop.org/basedir-spec/latest/
    directory = Path(home) if os.path.isabs(home) else Path("~/.cache").expanduser()  # noqa: PTH117
    return directory / "mapspan" / "runs.json"


def _read() -> dict[str, list[str]]:
    """The valid part of the file."""
    try:
        with cache_file().open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        data = json.loads(content) if len(content) <= _MOST_BYTES else None
    except (OSError, ValueError, RecursionError, RuntimeError):  # RuntimeError: the user has no home directory
        return {}
    if not isinstance(data, dict):
        return {}
    return {name: _valid(runs) for name, runs in data.items() if _NAME.fullmatch(name) and isinstance(runs, list)}


def _valid(names: Iterable[object]) -> list[str]:
    """The first names that are valid, each once."""
    valid = (name for name in names if isinstance(name, str) and _NAME.fullmatch(name))
    return list(dict.fromkeys(valid))[:MOST_NAMES]


def _write(runs: dict[str, list[str]]) -> None:
    """Replace the file, so that a reader sees the old one or the new one."""
    file = cache_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor, not a path
            json.dump(runs, stream)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
