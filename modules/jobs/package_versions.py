"""The packages of a deployed job, as the Terraform output that a review compares with the next one."""

from __future__ import annotations

from collections.abc import Iterable

from modules.jobs.requirements import LockedPackage

JOB_PACKAGES = "job_packages"


def package_versions(packages: Iterable[LockedPackage]) -> str:
    """The packages as text, such as "numpy 2.5.5, pyarrow 26.0.1"."""
    return ", ".join(map(str, packages))


def read_package_versions(text: str) -> dict[str, str]:
    """The version of each package in the text.

    Raises ValueError if it isn't such a text.
    """
    versions = {}
    for package in text.split(", ") if text else ():
        name, version = package.split(" ")
        versions[name] = version
    return versions
