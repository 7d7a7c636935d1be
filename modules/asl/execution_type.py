"""The two types of child executions, and how long an EXPRESS one may run."""

from typing import Final, Literal

ExecutionType = Literal["EXPRESS", "STANDARD"]
EXPRESS: Final = "EXPRESS"
STANDARD: Final = "STANDARD"
EXECUTION_TYPES: tuple[ExecutionType, ...] = (EXPRESS, STANDARD)

# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
EXPRESS_LIMIT_SECONDS = 300
