"""The states that count what a Map read without a key list: the ledger is compared with that number."""

from modules.asl.quotas import MAX_ITEMS
from modules.pipeline.workflow.names import ANYTHING_READ, COUNT_ITEMS, NOTHING_TO_PROCESS, SUMMARIZE_RUN
from modules.pipeline.workflow.retriers import CALL_FAULTS


def item_count() -> dict[str, object]:
    """The Map Run's own count becomes `listed`; `cut_off` is whether the Map may have stopped reading too early."""
    return {
        COUNT_ITEMS: {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sfn:describeMapRun",
            "Arguments": {"MapRunArn": "{% $map_runs[0].MapRunArn %}"},
            "TimeoutSeconds": 60,
            "Retry": [CALL_FAULTS],
            "Assign": {
                "listed": "{% $states.result.ItemCounts.Total %}",
                "cut_off": f"{{% $max_keys = null and $states.result.ItemCounts.Total >= {MAX_ITEMS} %}}",
            },
            "Output": {},
            "Next": ANYTHING_READ,
        },
        ANYTHING_READ: {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $listed > 0 %}", "Next": SUMMARIZE_RUN}],
            "Default": NOTHING_TO_PROCESS,
        },
    }
