"""The permissions of a schedule, by need."""

from __future__ import annotations

from modules.statements import Statements


def start_runs(*, state_machine_arn: str) -> dict[str, Statements]:
    """Start executions of one state machine."""
    return {
        "start-runs": [
            {
                "Sid": "StartRuns",
                "Effect": "Allow",
                "Action": "states:StartExecution",
                "Resource": state_machine_arn,
            }
        ]
    }
