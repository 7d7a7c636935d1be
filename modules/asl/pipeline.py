"""The pipeline's own definition: list, map, add up, give the verdict.

Execution input: `{}` for every prefix the environment allows, `{"prefix": "2026/11/"}` or `{"prefixes": […]}`
for some, with `"max_keys"` for no more than that many keys; or `{"key_list": {"prefix": "key-lists/…/"}}` to
process a key list that lies in the runs bucket already.

Output: `{"ledger", "failures", "retry", "key_list", "map_run_arn", "results"}`.
"""

import json
from collections.abc import Sequence

from modules.asl.distributed_map import DistributedMap, ExecutionType
from modules.asl.item_batcher import ItemBatcher
from modules.asl.item_reader import S3ObjectContents
from modules.asl.query_language import DefinitionError
from modules.asl.result_writer import ResultWriter

# Where in the runs bucket key lists and results lie.
KEY_LISTS = "key-lists/"
MAP_RUNS = "map-runs/"

# The Map's own label: its children are counted, and named, by it.
LABEL = "ProcessObjects"
# What the run-time prefixes of the definition lie below, for the permissions derived from it.
BOUNDS = {"ProcessObjects": {"ItemReader.Prefix": KEY_LISTS, "ResultWriter.Prefix": MAP_RUNS}}

# Keys take at most half of a child's 256 KiB: the other half is for the causes and results of its output.
MAX_INPUT_BYTES_PER_BATCH = 131_072

# A function runs for 900 s at most; an answer that is not there by then was lost on its way.
LONGEST_FUNCTION_SECONDS = 900 + 30

# Lambda's own faults, retried as AWS recommends. A denied invocation is one of them (AWSLambdaException) and must
# not hold up the run for long.
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
LAMBDA_FAULTS = {
    "ErrorEquals": [
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
    ],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 3,
    "MaxDelaySeconds": 10,
    "JitterStrategy": "FULL",
}

# Throttling passes when other invocations end: worth waiting for, minutes if need be.
THROTTLING = {
    "ErrorEquals": ["Lambda.TooManyRequestsException"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 8,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}

# What can strike a function once and not again: it crashed, ran out of time, or S3 throttled it and was out of reach.
# By name, so that AccessDenied or a bucket that isn't there fails the run at once.
PASSING_FAULTS = {
    "ErrorEquals": [
        "Lambda.Unknown",
        "Runtime.ExitError",
        "Sandbox.Timedout",
        "States.Timeout",
        "Throttled",
        "NoProgress",
        "SlowDown",
        "InternalError",
        "ServiceUnavailable",
        "RequestTimeout",
        "ConnectionClosedError",
        "ConnectTimeoutError",
        "EndpointConnectionError",
        "IncompleteReadError",
        "ReadTimeoutError",
    ],
    "IntervalSeconds": 5,
    "BackoffRate": 2,
    "MaxAttempts": 2,
    "MaxDelaySeconds": 30,
    "JitterStrategy": "FULL",
}

# A batch that failed as a whole: keys can't be lost by trying again, and two tries are over in seconds.
BATCH_FAULTS = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxAttempts": 2,
    "MaxDelaySeconds": 10,
    "JitterStrategy": "FULL",
}


def definition(
    *,
    list_objects_arn: str,
    process_objects_arn: str,
    summarize_run_arn: str,
    runs_bucket: str,
    runs_account_id: str,
    prefixes: Sequence[str],
    execution_type: ExecutionType,
    max_concurrency: int,
    max_items_per_batch: int,
    child_timeout_seconds: int,
    tolerated_failure_percentage: int | None = None,
    tolerated_failure_count: int | None = None,
) -> dict[str, object]:
    """The definition in JSONata.

    `prefixes` are what a run lists that names none ("" is the whole bucket). The tolerated percentage or count,
    one of them or none (then nothing is tolerated), holds for the Map Run's failed batches and again, key by
    key, for the verdict. `child_timeout_seconds` ends one try at a batch.

    Raises DefinitionError with every error found.
    """
    errors = []
    if not prefixes:
        errors.append('prefixes: give at least one; "" is the whole bucket')
    if tolerated_failure_percentage is not None and tolerated_failure_count is not None:
        errors.append("tolerated_failure_count: a percentage is given already; give one of them")
    if child_timeout_seconds < 1 or (execution_type == "EXPRESS" and child_timeout_seconds > 300):
        errors.append(
            f"child_timeout_seconds: must be 1 or more, for EXPRESS children at most 300, not {child_timeout_seconds}"
        )
    process_objects = DistributedMap(
        comment="No Retry, which would process every key again, and no Catch: a failed Map Run is redriven.",
        label=LABEL,
        execution_type=execution_type,
        item_reader=S3ObjectContents(
            bucket=runs_bucket,
            prefix="{% $key_list.prefix %}",
            expected_bucket_owner=runs_account_id,
            input_type="JSONL",
        ),
        item_batcher=ItemBatcher(
            max_items_per_batch=max_items_per_batch, max_input_bytes_per_batch=MAX_INPUT_BYTES_PER_BATCH
        ),
        max_concurrency=max_concurrency,
        tolerated_failure_percentage=tolerated_failure_percentage,
        tolerated_failure_count=tolerated_failure_count,
        item_processor={
            "StartAt": "ProcessBatch",
            "States": {
                "ProcessBatch": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Arguments": {"FunctionName": process_objects_arn, "Payload": "{% $states.input %}"},
                    "TimeoutSeconds": child_timeout_seconds,
                    "Retry": [LAMBDA_FAULTS, THROTTLING, BATCH_FAULTS],
                    "Output": "{% $states.result.Payload %}",
                    "End": True,
                }
            },
        },
        result_writer=ResultWriter(
            bucket=runs_bucket,
            prefix=f"{{% '{MAP_RUNS}' & $states.context.Execution.Name %}}",
            transformation="FLATTEN",
            output_type="JSONL",
        ),
        assign={"map_run": "{% $states.result %}", "checkpoint": None},
        next="SummarizeRun",
    )
    if errors := [*errors, *process_objects.errors("JSONata")]:
        raise DefinitionError(errors)
    return {
        "Comment": "Process every object of a bucket that another account owns.",
        "QueryLanguage": "JSONata",
        "StartAt": "KeyListGiven",
        "States": {
            **_listing(list_objects_arn, prefixes),
            "ProcessObjects": process_objects.render("JSONata"),
            **_summary(summarize_run_arn),
            **_verdict(tolerated_failure_percentage, tolerated_failure_count),
        },
    }


def _listing(list_objects_arn: str, prefixes: Sequence[str]) -> dict[str, object]:
    """The key list: one that is given, or the keys found by listing until no checkpoint comes back."""
    # Literals inside the expression: JSONata reads JSON's strings as they are.
    default_prefixes = json.dumps(list(prefixes), ensure_ascii=False)
    return {
        "KeyListGiven": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $exists($states.input.key_list) %}",
                    # With its slash, because run1 also matches run10. Null: how many keys it holds is counted later.
                    "Assign": {
                        "key_list": {
                            "prefix": "{% $replace($states.input.key_list.prefix, /\\/$/, '') & '/' %}",
                        },
                        "listed": None,
                    },
                    "Next": "ProcessObjects",
                }
            ],
            "Assign": {
                "prefixes": (
                    "{% $exists($states.input.prefix) ? [$states.input.prefix]"
                    " : $exists($states.input.prefixes) ? $states.input.prefixes"
                    f" : {default_prefixes} %}}"
                ),
                "max_keys": "{% $exists($states.input.max_keys) ? $states.input.max_keys : null %}",
                "checkpoint": None,
            },
            "Default": "ListObjects",
        },
        "ListObjects": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": list_objects_arn,
                "Payload": {
                    "execution_name": "{% $states.context.Execution.Name %}",
                    "prefixes": "{% $prefixes %}",
                    "max_keys": "{% $max_keys %}",
                    "checkpoint": "{% $checkpoint %}",
                },
            },
            "TimeoutSeconds": LONGEST_FUNCTION_SECONDS,
            "Retry": [LAMBDA_FAULTS, THROTTLING, PASSING_FAULTS],
            "Assign": {
                "listed": "{% $states.result.Payload.listed %}",
                "key_list": "{% $states.result.Payload.key_list %}",
                "checkpoint": "{% $states.result.Payload.checkpoint %}",
            },
            "Output": "{% $states.result.Payload %}",
            "Next": "ListingFinished",
        },
        "ListingFinished": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $checkpoint != null %}", "Next": "ListObjects"}],
            "Default": "AnythingListed",
        },
        "AnythingListed": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $listed > 0 %}", "Next": "ProcessObjects"}],
            "Default": "NothingToProcess",
        },
        "NothingToProcess": {
            "Type": "Succeed",
            "Output": {
                "ledger": {"listed": 0, "succeeded": 0, "failed": 0, "pending": 0},
                "failures": {},
                "retry": {"prefix": "{% 'key-lists/' & $states.context.Execution.Name & '/retry/' %}", "keys": 0},
                "key_list": "{% $key_list %}",
                "map_run_arn": None,
                "results": None,
            },
        },
    }


def _summary(summarize_run_arn: str) -> dict[str, object]:
    """The ledger, added up until no checkpoint comes back."""
    return {
        "SummarizeRun": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": summarize_run_arn,
                "Payload": {
                    "execution_name": "{% $states.context.Execution.Name %}",
                    "listed": "{% $listed %}",
                    "key_list": "{% $key_list %}",
                    "map_run": "{% $map_run %}",
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
            "Next": "SummaryFinished",
        },
        "SummaryFinished": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $checkpoint != null %}", "Next": "SummarizeRun"}],
            "Default": "AllAccountedFor",
        },
    }


def _verdict(percentage: int | None, count: int | None) -> dict[str, object]:
    """Whether every listed key is accounted for, and whether more keys are left than is tolerated."""
    left = "$summary.ledger.failed + $summary.ledger.pending"
    if percentage is not None:
        too_many = f"({left}) * 100 > {percentage} * $summary.ledger.listed"
        tolerated = f"{percentage} percent"
    else:
        too_many = f"({left}) > {count or 0}"
        tolerated = f"{count or 0}"
    return {
        "AllAccountedFor": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": f"{{% $summary.ledger.listed != $summary.ledger.succeeded + {left} %}}",
                    "Next": "LedgerMismatch",
                },
                {"Condition": f"{{% {too_many} %}}", "Next": "TooManyFailedObjects"},
            ],
            "Default": "Done",
        },
        "LedgerMismatch": {
            "Type": "Fail",
            "Error": "LedgerMismatch",
            "Cause": (
                "{% 'listed ' & $summary.ledger.listed & ' is not succeeded ' & $summary.ledger.succeeded"
                " & ' + failed ' & $summary.ledger.failed & ' + pending ' & $summary.ledger.pending"
                " & '; the results lie in s3://' & $map_run.ResultWriterDetails.Bucket & '/'"
                " & $map_run.ResultWriterDetails.Key %}"
            ),
        },
        "TooManyFailedObjects": {
            "Type": "Fail",
            "Error": "TooManyFailedObjects",
            "Cause": (
                "{% 'of ' & $summary.ledger.listed & ' keys ' & $summary.ledger.failed & ' failed and '"
                f" & $summary.ledger.pending & ' are pending; {tolerated} tolerated; failures: '"
                " & $string($summary.failures) & '; the keys to retry lie below '"
                " & $summary.retry.prefix & ' in ' & $map_run.ResultWriterDetails.Bucket %}"
            ),
        },
        "Done": {
            "Type": "Succeed",
            "Output": {
                "ledger": "{% $summary.ledger %}",
                "failures": "{% $summary.failures %}",
                "retry": "{% $summary.retry %}",
                "key_list": "{% $key_list %}",
                "map_run_arn": "{% $map_run.MapRunArn %}",
                "results": "{% $map_run.ResultWriterDetails %}",
            },
        },
    }
