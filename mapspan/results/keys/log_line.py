"""A line of the worker function's log, in Lambda's JSON format or as text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

# What the worker writes when a key fails: lambdas/process_objects/failure_log.py
FAILURE = "a key failed"
_REQUEST_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
# https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
_STARTS = ("START RequestId:", "platform.start")
_ENDS = ("END RequestId:", "REPORT RequestId:", "platform.runtimeDone", "platform.report")


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One event of the log. `stream`: the log stream, which one execution environment of the function writes."""

    time: datetime
    stream: str
    message: str

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The fields of a line in JSON, or of the JSON at the end of a failure's line; empty for any other text."""
        text = self.message
        if not text.startswith("{"):
            text = text.partition(f"{FAILURE}: ")[2]
        try:
            fields = json.loads(text)
        except ValueError:
            return {}
        return fields if isinstance(fields, dict) else {}

    @property
    def is_failure(self) -> bool:
        return FAILURE in self.message and isinstance(self.fields.get("key"), str)

    @property
    def key(self) -> str | None:
        """The key that failed; None if the line is not the failure of a key."""
        return str(self.fields["key"]) if self.is_failure else None

    @property
    def run(self) -> str | None:
        """The run of a failure's line."""
        run = self.fields.get("run")
        return run if isinstance(run, str) else None

    @property
    def request_id(self) -> str | None:
        """The invocation that wrote the line; None for what the job printed."""
        record = self.fields.get("record")
        for fields in (self.fields, record if isinstance(record, dict) else {}):
            for name in ("request_id", "requestId", "AWSRequestId"):
                if isinstance(value := fields.get(name), str):
                    return value
        match = None if self.fields else _REQUEST_ID.search(self.message)
        return match[0] if match else None

    @property
    def starts_invocation(self) -> bool:
        return self._is_of_platform(_STARTS)

    @property
    def ends_invocation(self) -> bool:
        return self._is_of_platform(_ENDS)

    @property
    def text(self) -> str:
        """The line for a person: a failure with its cause and traceback, a line in JSON as level and message."""
        fields = self.fields
        if self.is_failure:
            headline = f"{FAILURE}: {fields.get('error')}: {fields.get('cause')}"
            return "\n".join(part.rstrip("\n") for part in (headline, str(fields.get("traceback") or "")) if part)
        if isinstance(fields.get("message"), str) and isinstance(fields.get("level"), str):
            trace = fields.get("stackTrace")
            lines = [f"{fields['level']} {fields['message']}"]
            lines += [str(line).rstrip("\n") for line in trace] if isinstance(trace, list) else []
            return "\n".join(lines)
        return self.message.rstrip("\n")

    def as_json(self) -> dict[str, Any]:
        return {
            "time": self.time.isoformat(timespec="milliseconds"),
            "request_id": self.request_id,
            "stream": self.stream,
            "message": self.message,
        }

    def _is_of_platform(self, names: tuple[str, ...]) -> bool:
        return self.message.startswith(names) or self.fields.get("type") in names
