"""Says when it was called, for the benchmark of job.objects_per_second."""

from __future__ import annotations

import time

from lambdas.job import SourceObject


def process(obj: SourceObject) -> dict[str, object]:
    """`started` is in seconds since 1970: all functions of the local cloud have the same clock."""
    return {"started": time.time(), "size": len(obj.read())}
