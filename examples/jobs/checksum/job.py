"""Your code goes here: `process` is called once for every object.

A batch's objects are processed on several threads at once, and an object may be processed twice (a retried batch, a
redriven run): don't share state between calls of `process`, and let a repeated call do no harm.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdas.process_objects.body import ObjectBody


def process(key: str, body: ObjectBody, size: int) -> dict[str, Any]:  # noqa: ARG001 # yours may need the key
    """What to keep of one object, as a small JSON object: it becomes a line of the run's results.

    Read `body` once, from the start, as you would read a binary file: `read(size)`, or a loop over its chunks. `size`
    is in bytes. An exception that you raise fails this key alone, with its name and message as the cause. Don't catch
    the errors of `body`: when one passes through, the object is read again from the start.
    """
    digest = hashlib.sha256()
    lines = 0
    last = b"\n"
    for chunk in body:
        digest.update(chunk)
        lines += chunk.count(b"\n")
        last = chunk[-1:]
    # As editors count: a last line without its newline is a line too.
    return {"size": size, "sha256": digest.hexdigest(), "lines": lines + (last != b"\n")}
