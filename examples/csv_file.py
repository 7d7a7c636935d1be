"""The rows of a CSV file in S3, a hundred per child execution. The results are written to the same bucket.

Input: `{"run": "2026-11"}`, which every child gets. Output: where the manifest of the results is.
"""

from modules.asl.distributed_map import DistributedMap
from modules.asl.item_batcher import ItemBatcher
from modules.asl.item_reader import CsvFile
from modules.asl.result_writer import ResultWriter


def definition(*, function_arn: str, bucket: str, key: str, account_id: str) -> dict[str, object]:
    """Call a function with batches of rows, each as `{"id", "amount"}`; up to one row in a hundred may fail."""
    rows = DistributedMap(
        label="Rows",
        item_reader=CsvFile(bucket=bucket, key=key, expected_bucket_owner=account_id),
        # All values of a CSV file are text: numbers are parsed here, once.
        item_selector={
            "id": "{% $states.context.Map.Item.Value.id %}",
            "amount": "{% $number($states.context.Map.Item.Value.amount) %}",
        },
        item_batcher=ItemBatcher(max_items_per_batch=100, batch_input={"run": "{% $states.input.run %}"}),
        execution_type="EXPRESS",
        max_concurrency=100,
        tolerated_failure_percentage=1,
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
        result_writer=ResultWriter(
            bucket=bucket,
            prefix="results",
            expected_bucket_owner=account_id,
            transformation="FLATTEN",
            output_type="JSONL",
        ),
        output="{% $states.result.ResultWriterDetails %}",
    )
    return {"QueryLanguage": "JSONata", "StartAt": "Rows", "States": {"Rows": rows.render()}}
