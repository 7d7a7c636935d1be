"""One call that was tried, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class AccessCheck:
    """One call, tried: what it was, by which role, on what (`bucket/prefix` or `bucket/key`), and what came of it.

    `missing` is a grant that is not there, `unknown` what can't be told, `warning` what works and may fail later.
    """

    call: str
    role: str
    resource: str
    verdict: Literal["allowed", "missing", "unknown", "warning"]
    detail: str = ""
