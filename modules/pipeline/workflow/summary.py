"""The states that add up a run's ledger."""

from modules.asl.execution_type import ExecutionType
from modules.pipeline.workflow.names import ALL_ACCOUNTED_FOR, SUMMARIZE_RUN, SUMMARY_FINISHED
from modules.pipeline.workflow.retriers import LAMBDA_FAULTS, LONGEST_FUNCTION_SECONDS, PASSING_FAULTS, THROTTLING
from modules.pipeline.workflow.verdict import LOOKED


def summary(summarize_run_arn: str, *, execution_type: ExecutionType) -> dict[str, object]:
    """Invoke the function until it returns no checkpoint; its last answer is the variable `summary`."""
    return {
        SUMMARIZE_RUN: {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": summarize_run_arn,
                "Payload": {
                    "execution_name": "{% $states.context.Execution.Name %}",
                    "run": {
                        "started": "{% $states.context.Execution.StartTime %}",
                        "started_by": "{% $started_by %}",
                        "execution_type": execution_type,
                        **LOOKED,
                    },
                    "listed": "{% $listed %}",
                    "key_list": "{% $key_list %}",
                    "map_runs": "{% $map_runs %}",
                    "checkpoint": "{% $checkpoint %}",
                },
            },
            "TimeoutSeconds": LONGEST_FUNCTION_SECONDS,
            "Retry": [LAMBDA_FAULTS, THROTTLING, PASSING_FAULTS],
            "Assign": {
                "checkpoint": "{% $states.result.Payload.checkpoint %}",
                "summary": "{% $states.result.Payload %}",
            },
            "Output": "{% $states.result.Payload %}",
            "Next": SUMMARY_FINISHED,
        },
        SUMMARY_FINISHED: {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $checkpoint != null %}", "Next": SUMMARIZE_RUN}],
            "Default": ALL_ACCOUNTED_FOR,
        },
    }
