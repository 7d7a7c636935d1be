"""The directories of this checkout, and the app run in it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mapspan.outside_text import visible
from modules.jobs.build_report import INSTALLING

if TYPE_CHECKING:
    from environments.environment import Environment

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
LOCAL_CLOUD = BUILD / "local-cloud"


class CommandError(Exception):
    """An expected error of a command. The message is one sentence for the person who typed it."""


def tool_environment() -> dict[str, str]:
    """The environment variables for cdktf, terraform and node, with the virtual environment's programs first."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.prefix, "bin")), os.environ.get("PATH", "")]),
        "CHECKPOINT_DISABLE": "1",  # neither terraform nor cdktf asks the network for newer versions
        "GOGC": os.environ.get("GOGC", "400"),  # measured: a third less CPU for reading the provider's schemas
    }


def synthesize(outdir: Path, *, environment: Environment | None = None) -> None:
    """Write every environment's stack below `outdir`, as `cdktf synth` does.

    With `environment`, write only the stack of that environment, which needn't have a file.

    Raises:
        CommandError: the app failed; its stderr is the message.
    """
    with subprocess.Popen(  # noqa: S603 - this interpreter, our own app
        [sys.executable, *(["-m", "modules.pipeline.environment_app"] if environment else ["main.py"])],
        cwd=ROOT,
        env={**tool_environment(), "CDKTF_OUTDIR": str(outdir)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as app:
        assert app.stdin is not None  # noqa: S101 - it is a pipe
        assert app.stderr is not None  # noqa: S101 - likewise
        with contextlib.suppress(BrokenPipeError), app.stdin as pipe:  # an app that fails early reads nothing
            pipe.write(environment.model_dump_json(exclude_defaults=True) if environment else "")
        errors = list(_show_progress(app.stderr))
    if app.returncode != 0:
        raise CommandError(
            "".join(errors).strip() or "main.py failed without an error message: run `python main.py` to see its output"
        )


def _show_progress(lines: Iterable[str]) -> Iterator[str]:
    """Write each line about a long installation to stderr at once, and yield all others."""
    for line in lines:
        if line.startswith(INSTALLING):
            sys.stderr.write(visible(line.rstrip("\n")) + "\n")
            sys.stderr.flush()
        else:
            yield line
