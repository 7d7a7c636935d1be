"""A job's package: the worker, the job and the packages of its lock, unpacked or as a zip, cached by content.

    .build/jobs/packages-<hash>   what pip installed for a lock and a platform
    .build/jobs/<hash>            a whole package; its packages' files are links to those

Each directory is written beside its place and then renamed, so that it is complete wherever it exists.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from modules.jobs.build_report import INSTALLING
from modules.jobs.job import OURS, Job, module_name
from modules.jobs.job_error import JobError, shown
from modules.jobs.pip import install
from modules.jobs.platform import Platform
from modules.jobs.requirements import LockedPackage, locked_packages
from modules.lambda_package import package_files, zip_files

_ROOT = Path(__file__).parents[2]
BUILDS = _ROOT / ".build" / "jobs"
_WORKER = _ROOT / "lambdas" / "process_objects"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution
UNZIPPED_LIMIT_MB = 250
_MB = 1024 * 1024  # as Lambda counts
# Part of every hash: a build of an older version of this file is not used.
_VERSION = "1"
# What pip writes differently on each machine: scripts with the path of its Python, and the lists that contain them.
_SCRIPTS = "bin"
_LISTS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")

Report = Callable[[str], None]


def build(job: Job, platform: Platform, *, report: Report, builds: Path = BUILDS) -> Path:
    """The unpacked package of the job for the platform, built unless it exists.

    Args:
        report: is called with one line before packages are installed, which may take minutes.
        builds: the cache's directory.

    Raises JobError if the job can't be packaged.
    """
    lock = job.requirements
    packages = locked_packages(lock, platform) if lock else []
    ours, theirs = _worker_files(), job.files()
    directory = builds / _hash(_VERSION, platform.tag, *_lines(packages), *_contents({**theirs, **ours}))
    if directory.is_dir():
        return directory
    installed = {}
    if lock and packages:
        installed = _relative_files(_installed(lock, packages, platform, report=report, builds=builds))
        _refuse_collisions(job, theirs, installed)
    files = {**installed, **theirs, **ours}
    _refuse_too_large(job, files)

    def assemble(target: Path) -> None:
        for name, path in files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if name in installed:
                os.link(path, target / name)
            else:
                shutil.copy(path, target / name)

    return _write_once(directory, assemble)


def job_package(job: Job, platform: Platform, *, report: Report, builds: Path = BUILDS) -> bytes:
    """The zip of the job for the platform: the same bytes for the same job, lock and platform.

    Raises JobError if the job can't be packaged.
    """
    return zip_files(_relative_files(build(job, platform, report=report, builds=builds)))


def _worker_files() -> dict[Path, Path]:
    job_api = _ROOT / "lambdas" / "job"
    return package_files(_WORKER) | {path.relative_to(_ROOT): path for path in job_api.rglob("*.py")}


def _installed(
    lock: Path, packages: Sequence[LockedPackage], platform: Platform, *, report: Report, builds: Path
) -> Path:
    """The directory with the packages, installed unless it exists."""
    directory = builds / f"packages-{_hash(_VERSION, platform.tag, *_lines(packages))}"
    if directory.is_dir():
        return directory
    report(f"{INSTALLING}{', '.join(map(str, packages))} for {platform.name} ...")

    def write(target: Path) -> None:
        install(packages, target, platform=platform, lock=lock)
        _remove_what_differs(target)

    return _write_once(directory, write)


def _remove_what_differs(directory: Path) -> None:
    shutil.rmtree(directory / _SCRIPTS, ignore_errors=True)
    for path in directory.glob("*.dist-info/*"):
        if path.name in _LISTS:
            path.unlink()
    for path in directory.rglob("*"):
        if path.is_file():
            # Builds link to these files: nothing may change one through a build.
            path.chmod(path.stat().st_mode & ~0o222)


def _write_once(directory: Path, write: Callable[[Path], None]) -> Path:
    """Create a directory with what `write` writes. If two do so at once, the first one to end is kept."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    target = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=directory.parent))
    try:
        write(target)
        target.chmod(0o755)  # mkdtemp's is for its owner alone
        target.rename(directory)
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if not (isinstance(error, OSError) and directory.is_dir()):
            raise
    return directory


def _relative_files(directory: Path) -> dict[Path, Path]:
    files = (path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(directory): path for path in files}


def _refuse_collisions(job: Job, theirs: Mapping[Path, Path], installed: Mapping[Path, Path]) -> None:
    modules = {module_name(path) for path in installed if not path.parts[0].endswith(".dist-info")}
    for path in theirs:
        if module_name(path) in modules:
            raise JobError(
                f"{shown(job.directory / path.parts[0])} would hide the package {module_name(path)} of its"
                " requirements.txt: rename it"
            )
    for module in sorted(modules & OURS):
        raise JobError(
            f"{shown(job.directory / 'requirements.txt')}: one of its packages contains the module {module}, which"
            " mapspan's own would hide: remove that package"
        )


def _refuse_too_large(job: Job, files: Mapping[Path, Path]) -> None:
    sizes: Counter[str] = Counter()
    for name, path in files.items():
        sizes[name.parts[0]] += path.stat().st_size
    total = sizes.total()
    if total > UNZIPPED_LIMIT_MB * _MB:
        largest = ", ".join(f"{name} {size / _MB:.0f} MB" for name, size in sizes.most_common(3))
        raise JobError(
            f"{shown(job.directory)} is {total / _MB:.0f} MB with its packages, and Lambda takes at most"
            f" {UNZIPPED_LIMIT_MB} MB unzipped (largest: {largest}): remove packages, or build a container image and"
            " name it in `image`"
        )


def _lines(packages: Sequence[LockedPackage]) -> list[str]:
    return [package.line for package in packages]


def _contents(files: Mapping[Path, Path]) -> list[str]:
    return [f"{name.as_posix()} {hashlib.sha256(files[name].read_bytes()).hexdigest()}" for name in sorted(files)]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
