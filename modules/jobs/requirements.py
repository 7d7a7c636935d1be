"""The lock of a job's packages: names, versions and hashes, as `uv pip compile --generate-hashes` writes them."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as PackagingRequirement
from packaging.utils import canonicalize_name

from modules.jobs.job_error import JobError, shown
from modules.jobs.platform import LAMBDA_PYTHON, Platform

_HASH = re.compile(r"\s--hash[= ](\S+)")
_COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True)
class LockedPackage:
    """One package of a lock."""

    name: str
    version: str
    extras: frozenset[str]
    hashes: tuple[str, ...]
    marker: Marker | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def line(self) -> str:
        """The package as a line of a requirements file."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={value}" for value in sorted(self.hashes))])

    def is_for(self, platform: Platform) -> bool:
        """Whether its marker holds there. pip would ask the Python that it runs in."""
        return self.marker is None or self.marker.evaluate(dict(platform.markers))


def locked_packages(path: Path, platform: Platform) -> list[LockedPackage]:
    """The packages of a lock that the platform needs, sorted by name.

    Raises JobError if a line isn't a package with `==` and a hash.
    """
    packages = [_locked_package(path, line) for line in _lines(path)]
    return sorted((package for package in packages if package.is_for(platform)), key=lambda package: package.name)


def lock_command(path: Path) -> str:
    """The command that writes a lock."""
    source, lock = shown(path.with_suffix(".in")), shown(path)
    # The lock must hold for this Python, which runs the local cloud, and for Lambda's.
    lowest = min(sys.version_info[:2], tuple(map(int, LAMBDA_PYTHON.split("."))))
    python = ".".join(map(str, lowest))
    return (
        f"uv pip compile {source} --universal --python-version {python} --generate-hashes --no-emit-index-url"
        f" --output-file {lock}"
    )


def _lines(path: Path) -> list[str]:
    """The lines of a requirements file, joined where they are continued, without comments."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise JobError(f"{shown(path)} is not UTF-8: lock it with `{lock_command(path)}`") from error
    lines = (_COMMENT.sub("", line) for line in text.splitlines())
    joined = re.sub(r"\\\n", " ", "\n".join(line.rstrip() for line in lines))
    return [line.strip() for line in joined.splitlines() if line.strip()]


def _locked_package(path: Path, line: str) -> LockedPackage:
    lock = f"lock it with `{lock_command(path)}`"
    written = line.split(maxsplit=1)[0]
    if written.startswith("-"):
        raise JobError(f"{shown(path)}: the option {written} is not supported: write packages only, or {lock}")
    try:
        requirement = PackagingRequirement(_HASH.sub("", line).strip())
    except InvalidRequirement as error:
        raise JobError(f"{shown(path)}: {written} is not a package of a lock: {lock}") from error
    versions = list(requirement.specifier)
    if requirement.url or len(versions) != 1 or versions[0].operator != "==" or "*" in versions[0].version:
        raise JobError(f"{shown(path)}: {requirement.name} has no version with ==: {lock}")
    hashes = tuple(_HASH.findall(line))
    if not hashes:
        raise JobError(f"{shown(path)}: {requirement.name} {versions[0].version} has no hash: {lock}")
    return LockedPackage(
        name=canonicalize_name(requirement.name),
        version=versions[0].version,
        extras=frozenset(requirement.extras),
        hashes=hashes,
        marker=requirement.marker,
    )
