"""Your code goes here: `process` is called once for every object.

A batch's objects are processed on several threads at once, and an object may be processed twice (a retried batch, a
redriven run): don't share state between calls of `process`, and let a repeated call do no harm.
"""

from __future__ import annotations

import hashlib
from typing import Any

from lambdas.job import SourceObject


def process(obj: SourceObject) -> dict[str, Any]:
    """What to keep of one object, as a small JSON object: it becomes a line of the run's results.

    An exception that you raise fails this key alone, with its name and message as the cause.
    """
    digest = hashlib.sha256()
    lines = 0
    last = b"\n"
    with obj.open() as stream:
        while chunk := stream.read(256 * 1024):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    # As editors count: a last line without its newline is a line too.
    return {"size": obj.size, "sha256": digest.hexdigest(), "lines": lines + (last != b"\n")}
