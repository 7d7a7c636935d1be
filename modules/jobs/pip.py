"""pip, as a subprocess of this Python: installs the wheels of a lock into a directory."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from modules.jobs.job import RUNTIME_MODULES
from modules.jobs.job_error import JobError, shown
from modules.jobs.platform import Platform
from modules.jobs.requirements import LockedPackage, lock_command

_NOT_FOUND = re.compile(r"No matching distribution found for ([\w.-]+)==([\w.+!-]+)")
_MISMATCH = re.compile(r"DO NOT MATCH THE HASHES.*?\n\s+([\w.-]+)==([\w.+!-]+)", re.DOTALL)
_UNREACHABLE = "after connection broken by"
_ADDRESS = re.compile(r"\w+://\S+")


def install(packages: Sequence[LockedPackage], directory: Path, *, platform: Platform, lock: Path) -> None:
    """Install the packages' wheels for the platform into a new directory.

    Raises JobError, which names the package that can't be installed, or that the lock lacks.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as requirements:
        requirements.writelines(f"{package.line}\n" for package in packages)
        requirements.flush()
        done = subprocess.run(  # noqa: S603 # this interpreter; every package has its hash
            [
                *(sys.executable, "-m", "pip", "install", "--target", str(directory), "--requirement"),
                # The lock is complete, and pip would choose further packages by the Python that it runs in.
                *(requirements.name, "--require-hashes", "--no-deps", "--only-binary", ":all:"),
                *("--no-compile", "--no-input", "--disable-pip-version-check", "--root-user-action", "ignore"),
                *platform.pip_arguments,
            ],
            env={**os.environ, "PIP_USER": "0"},  # a user's configuration, which excludes --target
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise JobError(_explanation(done.stdout + done.stderr, platform=platform, lock=lock))
    _require_complete(packages, directory, platform=platform, lock=lock)


def _explanation(output: str, *, platform: Platform, lock: Path) -> str:
    """What pip's output means, in one sentence. It has no address of a package index."""
    if mismatch := _MISMATCH.search(output):
        package = " ".join(mismatch.groups())
        return (
            f"{shown(lock)}: the wheel of {package} for {platform.name} has none of its hashes: lock it again with"
            f" `{lock_command(lock)}`"
        )
    if missing := _NOT_FOUND.search(output):
        package = " ".join(missing.groups())
        if _UNREACHABLE in output:
            return (
                f"{shown(lock)}: pip can't reach the package index for {package}: check the network and pip's settings"
            )
        return (
            f"{shown(lock)}: {package} has no wheel for {platform.name} in the package index: lock a version that has"
            " one, change `architecture`, or build a container image and name it in `image`"
        )
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")] or output.splitlines()[-1:]
    reason = _ADDRESS.sub("(address)", " ".join(errors).removeprefix("ERROR: "))
    return f"{shown(lock)}: pip can't install the packages for {platform.name}: {reason}"


def _require_complete(packages: Sequence[LockedPackage], directory: Path, *, platform: Platform, lock: Path) -> None:
    """Refuse a lock without a package that another one needs: its import would fail in the function."""
    extras = {package.name: package.extras for package in packages}
    present = extras.keys() | {canonicalize_name(name) for name in (*RUNTIME_MODULES, "python-dateutil")}
    for distribution in importlib.metadata.distributions(path=[str(directory)]):
        name = canonicalize_name(distribution.name)
        for needed in map(Requirement, distribution.requires or ()):
            if canonicalize_name(needed.name) not in present and _holds(
                needed, platform, extras.get(name, frozenset())
            ):
                raise JobError(
                    f"{shown(lock)}: {name} needs {needed.name}, which is not in it: lock it again with"
                    f" `{lock_command(lock)}`"
                )


def _holds(requirement: Requirement, platform: Platform, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**platform.markers, "extra": extra}) for extra in ("", *extras))
