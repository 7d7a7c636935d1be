"""What Lambda passes to a handler besides the event."""

from __future__ import annotations

from typing import Protocol


class LambdaContext(Protocol):
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...
