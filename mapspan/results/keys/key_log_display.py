"""The log lines of keys, as text for a person and as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mapspan.outside_text import visible, visible_lines
from mapspan.results.keys.key_log import KeyLog, Try
from mapspan.results.keys.log_line import LogLine

_MOST_OTHER_LINES = 40
_INDENT = 15  # below the time of a line


def quoted(key: str) -> str:
    """A key as a line of ours can show it."""
    return visible(json.dumps(key, ensure_ascii=False))


def text_lines(key_log: KeyLog, shown: set[str]) -> Iterator[str]:
    """The lines of a key's tries. `shown`: the invocations whose other lines were printed already; it grows."""
    for number, one in enumerate(key_log.tries, start=1):
        yield f"  try {number} of {len(key_log.tries)}, request id {visible(one.request_id)}, {_place(one)}"
        for line in one.own:
            yield _text(line)
        yield from _other_lines(one, shown)


def json_lines(key_log: KeyLog) -> Iterator[str]:
    """An object for each line of the log, with its key. `own`: whether the line names the key."""
    for one in key_log.tries:
        lines = [*((line, True) for line in one.own), *((line, False) for line in one.others)]
        for line, own in sorted(lines, key=lambda pair: pair[0].time):
            yield json.dumps({"key": key_log.key, **line.as_json(), "request_id": one.request_id, "own": own})


def _other_lines(one: Try, shown: set[str]) -> Iterator[str]:
    if not one.others:
        return
    if one.request_id in shown:
        yield "    the other lines of this invocation are above"
        return
    shown.add(one.request_id)
    left_out = len(one.others) - _MOST_OTHER_LINES
    yield "    other lines of this invocation, which may be about any key of its batch:"
    if left_out > 0:
        yield f"    … {left_out:,} earlier lines: --json has them"
    for line in one.others[max(0, left_out) :]:
        yield _text(line)


def _text(line: LogLine) -> str:
    return f"    {line.time:%H:%M:%S}   {visible_lines(line.text, indent=_INDENT)}"


def _place(one: Try) -> str:
    lines = one.own or one.others
    return f"{lines[0].time:%Y-%m-%d} UTC, log stream {visible(lines[0].stream)}" if lines else "no lines"
