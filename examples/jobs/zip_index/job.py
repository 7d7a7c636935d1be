"""Lists the members of each zip file by reading its directory alone: a few kilobytes, however large the zip is."""

from __future__ import annotations

import json
from zipfile import ZipFile, ZipInfo

from lambdas.job import Skip, SourceObject


def process(obj: SourceObject) -> dict[str, int]:
    """The result: the number of members, and their bytes in all. An output gets `<key>.jsonl`, one line a member."""
    if not obj.key.lower().endswith(".zip"):
        raise Skip("not a .zip")
    with obj.open(seek=True) as file, ZipFile(file) as archive:
        members = archive.infolist()
    if obj.has_output:
        lines = "".join(f"{_line(member)}\n" for member in members)
        obj.output.put(f"{obj.key}.jsonl", lines.encode(), content_type="application/jsonl")
    return {
        "members": len(members),
        "bytes": sum(member.file_size for member in members),
        "compressed_bytes": sum(member.compress_size for member in members),
    }


def _line(member: ZipInfo) -> str:
    year, month, day, hour, minute, second = member.date_time
    return json.dumps(
        {
            "name": member.filename,
            "bytes": member.file_size,
            "compressed_bytes": member.compress_size,
            # A zip knows no time zone.
            "modified": f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}",
        }
    )
