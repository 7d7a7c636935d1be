"""The two kinds of child executions, and how long one kind may run."""

from typing import Literal

ExecutionType = Literal["EXPRESS", "STANDARD"]
EXECUTION_TYPES: tuple[ExecutionType, ...] = ("EXPRESS", "STANDARD")

# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
EXPRESS_LIMIT_SECONDS = 300
