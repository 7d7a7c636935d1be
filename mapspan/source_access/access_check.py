"""AccessCheck: one call to the source account, and whether it is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# "missing": a grant is missing. "unknown": it can't be decided. "warning": the call is allowed, but may fail later.
Verdict = Literal["allowed", "missing", "unknown", "warning"]


@dataclass(frozen=True, kw_only=True)
class AccessCheck:
    """One call, as it was tried.

    Args:
        call: the IAM action.
        role: who made the call.
        resource: `bucket`, `bucket/prefix` or `bucket/key`.
        detail: AWS's error, or what the verdict means; empty if the call is allowed.
    """

    call: str
    role: str
    resource: str
    verdict: Verdict
    detail: str = ""
