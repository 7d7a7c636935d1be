"""Times as text."""

import re
from datetime import UTC, datetime

# ISO 8601's extended date and time with an offset. The seconds may be left out, the date, the T and the offset not.
_OFFSET_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC to the millisecond, as in the Context Object and in ResultWriter's files.

    `seconds` since the epoch.
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> float | None:
    """The seconds since the epoch of a Wait's Timestamp, or None where Step Functions can't read it."""
    if not _OFFSET_DATE_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except ValueError:
        return None
