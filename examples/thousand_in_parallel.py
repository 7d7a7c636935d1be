"""A plain list of items, a thousand in parallel. An inline Map runs at most forty in parallel.

Input: `{"items": […]}`, at most 256 KiB. Output: the function's results, in the order of the items.
"""

from modules.asl.distributed_map import DistributedMap


def definition(*, function_arn: str) -> dict[str, object]:
    """Call a function with every item; one failed item fails the run."""
    items_map = DistributedMap(
        label="EachItem",
        items="{% $states.input.items %}",
        # EXPRESS, because a thousand children start within a second, and it does no harm if one runs twice.
        execution_type="EXPRESS",
        max_concurrency=1000,
        item_processor={
            "StartAt": "Work",
            "States": {
                "Work": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Arguments": {"FunctionName": function_arn, "Payload": "{% $states.input %}"},
                    "Output": "{% $states.result.Payload %}",
                    "Retry": [
                        {
                            # A thousand simultaneous calls are throttled. The function's own errors are not retried.
                            "ErrorEquals": ["Lambda.TooManyRequestsException", "Lambda.ServiceException"],
                            "IntervalSeconds": 1,
                            "MaxAttempts": 6,
                            "BackoffRate": 2,
                            "JitterStrategy": "FULL",
                        }
                    ],
                    "End": True,
                }
            },
        },
    )
    return {"QueryLanguage": "JSONata", "StartAt": "EachItem", "States": {"EachItem": items_map.render()}}
