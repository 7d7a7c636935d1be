"""The states that ask for the numbers of a Map Run: the children for the run's summary, and what it read by itself."""

from modules.asl.quotas import MAX_ITEMS
from modules.pipeline.workflow.names import (
    ANYTHING_READ,
    COUNT_CHILDREN,
    COUNT_ITEMS,
    NOTHING_TO_PROCESS,
    SUMMARIZE_RUN,
)
from modules.pipeline.workflow.retriers import CALL_FAULTS

_DESCRIBE_MAP_RUN: dict[str, object] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:sfn:describeMapRun",
    "Arguments": {"MapRunArn": "{% $map_run.MapRunArn %}"},
    "TimeoutSeconds": 60,
    "Retry": [CALL_FAULTS],
    "Output": {},
}
_PROCESSING = {
    "children": "{% $states.result.ExecutionCounts.Total - $states.result.ExecutionCounts.Pending %}",
    "max_concurrency": "{% $states.result.MaxConcurrency %}",
    "started": "{% $states.result.StartDate %}",
    "stopped": "{% $exists($states.result.StopDate) ? $states.result.StopDate : null %}",
}


def child_count() -> dict[str, object]:
    """What the run's summary says of the Map Run, in the variable `processing`.

    Null if Step Functions doesn't answer: the run goes on, because its verdict doesn't depend on these numbers.
    """
    return {
        COUNT_CHILDREN: {
            **_DESCRIBE_MAP_RUN,
            "Assign": {"processing": _PROCESSING},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"processing": None}, "Next": SUMMARIZE_RUN}],
            "Next": SUMMARIZE_RUN,
        }
    }


def item_count() -> dict[str, object]:
    """The Map Run's own count becomes `listed`: the ledger is compared with it, so no error is caught.

    `cut_off` is whether the Map may have stopped reading too early.
    """
    return {
        COUNT_ITEMS: {
            **_DESCRIBE_MAP_RUN,
            "Assign": {
                "listed": "{% $states.result.ItemCounts.Total %}",
                "cut_off": f"{{% $max_keys = null and $states.result.ItemCounts.Total >= {MAX_ITEMS} %}}",
                "processing": _PROCESSING,
            },
            "Next": ANYTHING_READ,
        },
        ANYTHING_READ: {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $listed > 0 %}", "Next": SUMMARIZE_RUN}],
            "Default": NOTHING_TO_PROCESS,
        },
    }
