"""Which package versions of the job a plan changes: by the output that lists them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mapspan.review.changes.plan_json import OutputChange
from modules.jobs.package_versions import JOB_PACKAGES, read_package_versions


@dataclass(frozen=True, kw_only=True)
class PackageChange:
    """Another version of a package; None on the side where the job has none."""

    name: str
    before: str | None
    after: str | None


def package_changes(output_changes: Mapping[str, OutputChange]) -> list[PackageChange]:
    """The packages that differ, sorted by name.

    A value that isn't a list of packages is shown as the version of a package with the output's name.
    """
    change = output_changes.get(JOB_PACKAGES)
    if change is None:
        return []
    before, after = _versions(change.before), _versions(change.after)
    return [
        PackageChange(name=name, before=before.get(name), after=after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _versions(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    try:
        return read_package_versions(value)
    except (AttributeError, ValueError):
        return {JOB_PACKAGES: json.dumps(value)}
