"""`make check-cdktn`: moves a copy of the checkout to CDK Terrain, compares its stacks, and runs its synth floor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from tests.cdktn.comparison import differences
from tests.cdktn.moves import moved

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".build" / "cdktn"
PACKAGES = BUILD / "packages"
COPY = BUILD / "checkout"
# It holds CDKTF's provider version, which moves.
EXPECTED_TO_FAIL = "tests/synth/test_stacks.py::test_the_provider_version_is_the_one_that_the_mirror_holds"


def main() -> None:
    console = Console(stderr=True)
    with console.status("installing CDK Terrain"):
        _install()
    with console.status("moving a copy of the checkout"):
        changed = _copy()
    with console.status("synthesizing with both"):
        ours, theirs = BUILD / "ours", BUILD / "theirs"
        _synthesize(ROOT, ours, {})
        _synthesize(COPY, theirs, _with_packages())
    if wrong := differences(ours, theirs):
        sys.exit(f"the stacks differ in more than versions: {', '.join(wrong)}: compare {ours} with {theirs}")
    console.print(f"{changed} files moved; the stacks differ only in versions", highlight=False)
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--deselect",
        EXPECTED_TO_FAIL,
        "tests/synth",
    ]
    sys.exit(subprocess.run(tests, cwd=COPY, env={**os.environ, **_with_packages()}, check=False).returncode)  # noqa: S603 # our own tests


def _install() -> None:
    """Install the locked packages into a directory of their own, which comes before the virtual environment's."""
    lock = ROOT / "requirements" / "cdktn.txt"
    installed = BUILD / "installed.txt"
    if installed.is_file() and installed.read_bytes() == lock.read_bytes():
        return
    shutil.rmtree(PACKAGES, ignore_errors=True)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    subprocess.run([*pip, "--target", str(PACKAGES), "-r", str(lock)], check=True)  # noqa: S603 # our own lock
    installed.write_bytes(lock.read_bytes())


def _copy() -> int:
    """Copy what git knows of the checkout, with the imports moved. Returns how many files changed."""
    shutil.rmtree(COPY, ignore_errors=True)
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 # git, wherever it is
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    changed = 0
    for name in listing.stdout.decode().rstrip("\0").split("\0"):
        source, target = ROOT / name, COPY / name
        if not source.is_file():
            continue  # deleted, and not yet committed
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if target.suffix == ".py":
            text = target.read_text(encoding="utf-8")
            target.write_text(moved(text), encoding="utf-8")
            changed += moved(text) != text
    return changed


def _synthesize(checkout: Path, outdir: Path, environment: dict[str, str]) -> None:
    shutil.rmtree(outdir, ignore_errors=True)
    subprocess.run(
        [sys.executable, "main.py"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "CDKTF_OUTDIR": str(outdir), **environment},
        check=True,
    )


def _with_packages() -> dict[str, str]:
    """The environment in which the copy, and CDK Terrain with its own packages, are imported first."""
    return {"PYTHONPATH": os.pathsep.join([str(COPY), str(PACKAGES)])}


if __name__ == "__main__":
    main()
