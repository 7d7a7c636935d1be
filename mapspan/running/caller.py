"""Who is logged in, for the input of the runs that they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from modules.pipeline.workflow.input_rules import STARTED_BY_CHARACTERS

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient


def caller(client: STSClient) -> str | None:
    """The caller's ARN, of an assumed role with the session's name; None if STS doesn't answer.

    A run that doesn't say who started it is better than none. A longer ARN than an input may have is cut at its
    beginning: a user's path is long, and the name stands at the end.
    """
    try:
        arn = client.get_caller_identity()["Arn"]
    except (ClientError, BotoCoreError):
        return None
    return arn[-STARTED_BY_CHARACTERS:]
