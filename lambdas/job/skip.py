"""Skip: how a job says that an object needs no work."""

from __future__ import annotations


class Skip(Exception):  # noqa: N818 # not an error: the job's decision
    """Raise it in `process` to count the object as skipped. The report groups skipped objects by this reason.

    Keep what differs by object out of the reason: it is cut at 128 characters.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
