"""A distributed Map inside an inline Map: one day after another, and the objects of each day in parallel.

Input: `{"days": ["2026-11-20", "2026-11-21"]}`. Output: the function's results, one list per day.
"""

from modules.asl.distributed_map import DistributedMap
from modules.asl.item_reader import S3Objects

# Only the run knows the days, but all of them are below this prefix, so the permissions are limited to it.
DAYS = "days/"
BOUNDS = {"Objects": {"ItemReader.Prefix": DAYS}}


def definition(*, function_arn: str, bucket: str) -> dict[str, object]:
    """Call a function with every object of every day, one day at a time."""
    objects = DistributedMap(
        label="Objects",
        item_reader=S3Objects(bucket=bucket, prefix=f"{{% '{DAYS}' & $states.input & '/' %}}"),
        item_selector={"Key": "{% $states.context.Map.Item.Value.Key %}"},
        execution_type="EXPRESS",
        max_concurrency=100,
        item_processor={
            "StartAt": "Work",
            "States": {
                "Work": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Arguments": {"FunctionName": function_arn, "Payload": "{% $states.input %}"},
                    "Output": "{% $states.result.Payload %}",
                    "End": True,
                }
            },
        },
    )
    days = {
        "Type": "Map",
        "Items": "{% $states.input.days %}",
        "MaxConcurrency": 1,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Objects",
            "States": {"Objects": objects.render()},
        },
        "End": True,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Days", "States": {"Days": days}}
