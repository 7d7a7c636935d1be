"""The states that record the success of an incremental run, to which the next run looks back."""

from modules.pipeline.workflow.names import DONE, NOTHING_TO_PROCESS, RECORD_SUCCESS, SUCCESS_RECORDED
from modules.pipeline.workflow.retriers import LAMBDA_FAULTS, LONGEST_FUNCTION_SECONDS, PASSING_FAULTS, THROTTLING


def success(summarize_run_arn: str, *, source_bucket: str) -> dict[str, object]:
    """After the verdict, and after a listing that found nothing new. `source_bucket`: the bucket that was listed."""
    return {
        RECORD_SUCCESS: {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": summarize_run_arn,
                "Payload": {
                    "record_success": {
                        "run": "{% $states.context.Execution.Name %}",
                        "looked_until": "{% $looked_until %}",
                        "prefixes": "{% $prefixes %}",
                    },
                    "source_bucket": source_bucket,
                },
            },
            "TimeoutSeconds": LONGEST_FUNCTION_SECONDS,
            "Retry": [LAMBDA_FAULTS, THROTTLING, PASSING_FAULTS],
            "Output": {},
            "Next": SUCCESS_RECORDED,
        },
        SUCCESS_RECORDED: {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $listed > 0 %}", "Next": DONE}],
            "Default": NOTHING_TO_PROCESS,
        },
    }
