"""The log line of a failed key."""

from __future__ import annotations

import json
import logging
import os
import traceback
from typing import TYPE_CHECKING

from .outcome import LONGEST_CAUSE

if TYPE_CHECKING:
    from .outcome import Failed

_LOGGER = logging.getLogger("process_objects")


def log_failure(failure: Failed, raised: BaseException | None, *, run: str, request_id: str) -> None:
    """One line of JSON, as Lambda's runtime writes it: each field of `extra` is a field of the line.

    Where Lambda has no logs in JSON, the line ends with the fields as JSON.
    `failure` with its whole cause. `raised`: the exception behind it, None if the key was not finished in time.
    """
    fields = {
        "run": run,
        "key": failure["Key"],
        "request_id": request_id,
        "error": failure["Error"],
        "cause": failure["Cause"],
    }
    if raised is not None:
        # The end of a traceback says what happened.
        fields["traceback"] = "".join(traceback.format_exception(raised))[-LONGEST_CAUSE:]
    if os.environ.get("TEXT_LOGS") == "true":
        _LOGGER.error("a key failed: %s", json.dumps(fields))
    else:
        _LOGGER.error("a key failed", extra=fields)
