"""The move from CDKTF to CDK Terrain, as three search-and-replace expressions (docs/cdk-terrain.md)."""

from __future__ import annotations

import re

# Each is a regular expression and its replacement, for every line of every Python file.
MOVES = (
    (r"\bcdktf_cdktf_provider_aws\b", "cdktn_provider_aws"),
    (r"^(\s*(?:from|import)) cdktf\b", r"\1 cdktn"),
    # What is used of the package begins with a capital, which file names such as cdktf.out don't.
    (r"\bcdktf\.(?=[A-Z])", "cdktn."),
)


def moved(source: str) -> str:
    """The Python source with CDK Terrain's names."""
    for pattern, replacement in MOVES:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    return source
