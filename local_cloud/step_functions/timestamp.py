"""Times as text."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC to the millisecond, as in the Context Object and in ResultWriter's files.

    `seconds` since the epoch.
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
