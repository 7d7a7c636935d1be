"""Your code goes here: `process` is called once for every object.

Objects of one batch are processed on several threads at once, and an object may come twice (a retried batch, a
redriven run): keep `process` free of shared state, and harmless when repeated.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .body import ObjectBody


def process(key: str, body: ObjectBody, size: int) -> dict[str, Any]:  # noqa: ARG001 # yours may need the key
    """What is worth keeping about one object, as a small JSON object: it becomes a line of the run's results.

    `body` is read like a binary file (`read(size)`, or iterate over chunks), once, from the start; `size` is in
    bytes. Whatever you raise makes this one key fail, with your exception's name and message as the cause. Let
    errors of `body` pass through: the object is then read again from the start.
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
