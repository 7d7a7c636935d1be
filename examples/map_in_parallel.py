"""Two distributed Maps in a Parallel: one function for the images of a bucket, another one for its texts.

The input is not used. Output: the results of the two Maps, images first.
"""

from modules.asl.distributed_map import DistributedMap
from modules.asl.item_reader import S3Objects


def definition(*, image_function_arn: str, text_function_arn: str, bucket: str) -> dict[str, object]:
    """Call one function with every image and another one with every text, at the same time."""
    branches = [
        _branch("Images", bucket, "images/", image_function_arn),
        _branch("Texts", bucket, "texts/", text_function_arn),
    ]
    both = {"Type": "Parallel", "Branches": branches, "End": True}
    return {"QueryLanguage": "JSONata", "StartAt": "Both", "States": {"Both": both}}


def _branch(name: str, bucket: str, prefix: str, function_arn: str) -> dict[str, object]:
    # State names and labels must be unique in the whole definition, so each branch has its own.
    objects = DistributedMap(
        label=name,
        item_reader=S3Objects(bucket=bucket, prefix=prefix),
        item_selector={"Key": "{% $states.context.Map.Item.Value.Key %}"},
        execution_type="EXPRESS",
        max_concurrency=100,
        item_processor={
            "StartAt": f"Work{name}",
            "States": {
                f"Work{name}": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Arguments": {"FunctionName": function_arn, "Payload": "{% $states.input %}"},
                    "Output": "{% $states.result.Payload %}",
                    "End": True,
                }
            },
        },
    )
    return {"StartAt": name, "States": {name: objects.render()}}
