"""A plain list of items, a thousand at a time: an inline Map stops at forty, a distributed one doesn't.

Input: `{"items": […]}`, at most 256 KiB of it. Output: the functions' answers, in the items' order.
"""

from modules.asl.distributed_map import DistributedMap


def definition(*, function_arn: str) -> dict[str, object]:
    """Give every item to a function; one failed item fails the run."""
    each_item = DistributedMap(
        label="EachItem",
        items="{% $states.input.items %}",
        # EXPRESS: a thousand children start within a second, and one that runs twice does no harm.
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
                            # A thousand at once is what throttles; the function's own errors are not retried.
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
    return {"QueryLanguage": "JSONata", "StartAt": "EachItem", "States": {"EachItem": each_item.render()}}
