"""A key list of the runs bucket: the states that look for one that the input names, and the reader of one."""

from modules.asl.item_reader import S3ObjectContents
from modules.pipeline.workflow.input_rule import KEY_LIST, PREFIX, short_text
from modules.pipeline.workflow.literal import literal
from modules.pipeline.workflow.names import FIND_KEY_LIST, INVALID_INPUT, KEY_LIST_FOUND
from modules.pipeline.workflow.retriers import CALL_FAULTS


def key_list_reader(*, runs_bucket: str, runs_account_id: str, prefix: str = "$key_list.prefix") -> S3ObjectContents:
    """Reads a key list, all its parts: that of the variable `key_list`, or the one below `prefix`, an expression."""
    return S3ObjectContents(
        bucket=runs_bucket,
        prefix=f"{{% {prefix} %}}",
        expected_bucket_owner=runs_account_id,
        input_type="JSONL",
    )


def find_key_list(*, runs_bucket: str, runs_account_id: str, key_list_map: str) -> dict[str, object]:
    """Look for the key list of the variable `key_list`: `key_list_map` reads it, or the run ends.

    A Map over no object would succeed without an item, so a mistyped key list would be a successful run.
    """
    missing = f" does not exist in {runs_bucket}: write the retry.prefix or the {KEY_LIST}.{PREFIX} of a run's output"
    return {
        FIND_KEY_LIST: {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
            "Arguments": {
                "Bucket": runs_bucket,
                "Prefix": "{% $key_list.prefix %}",
                "MaxKeys": 1,
                "ExpectedBucketOwner": runs_account_id,
            },
            "TimeoutSeconds": 60,
            "Retry": [CALL_FAULTS],
            "Assign": {"parts": "{% $count($states.result.Contents) %}"},
            "Output": {},
            "Next": KEY_LIST_FOUND,
        },
        KEY_LIST_FOUND: {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $parts > 0 %}", "Next": key_list_map}],
            "Assign": {
                "refusal": f"{{% '{KEY_LIST}.{PREFIX}: ' & {short_text('$key_list.prefix')} & {literal(missing)} %}}"
            },
            "Default": INVALID_INPUT,
        },
    }
