"""This checkout: where it lies, and where what is built goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
LOCAL_CLOUD = BUILD / "local-cloud"


class CommandError(Exception):
    """A command can't go on; the message is one clear sentence for the person who typed it."""


def tool_environment() -> dict[str, str]:
    """The process environment for cdktf, terraform and node: the virtual environment's programs come first."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.prefix, "bin")), os.environ.get("PATH", "")]),
        "CHECKPOINT_DISABLE": "1",  # neither terraform nor cdktf asks the network for newer versions
        "GOGC": os.environ.get("GOGC", "400"),  # measured: a third less CPU for reading the provider's schemas
    }


def synthesize(outdir: Path, *, key_source: str | None = None) -> None:
    """Write every environment's stack below `outdir`, as `cdktf synth` does; with a key source, only `local` with that.

    Raises:
        CommandError: the app refused, with its words.
    """
    done = subprocess.run(  # noqa: S603 - this interpreter, our own app
        [sys.executable, *(["-m", "modules.pipeline.local_app", key_source] if key_source else ["main.py"])],
        cwd=ROOT,
        env={**tool_environment(), "CDKTF_OUTDIR": str(outdir)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CommandError(done.stderr.strip() or "main.py failed without a word")
