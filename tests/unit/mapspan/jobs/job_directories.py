"""Jobs that a test writes to a directory of its own."""

from __future__ import annotations

from pathlib import Path

# Counts the lines of an object, skips empty ones, and writes the first line to its output.
COUNT_LINES = """
from lambdas.job import Skip, SourceObject

print("imported")


def process(obj: SourceObject) -> dict[str, object]:
    lines = obj.read().splitlines()
    if not lines:
        raise Skip("empty")
    if lines[0] == b"broken":
        raise ValueError("the first line is broken: \\x1b[31m")
    obj.output.put(f"first/{obj.key}", lines[0])
    return {"lines": len(lines)}
"""


def write_job(directory: Path, source: str = COUNT_LINES, **samples: str) -> Path:
    """A job with samples, whose file names are `<keyword>.txt`."""
    (directory / "samples").mkdir(parents=True)
    (directory / "job.py").write_text(source)
    for name, text in samples.items():
        (directory / "samples" / f"{name}.txt").write_text(text)
    return directory
