"""The pipeline's own definition: list, map, add up, give the verdict.

Execution input: `{}` for every prefix the environment allows, `{"prefix": "2026/11/"}` or `{"prefixes": […]}`
for some, with `"max_keys"` for no more than that many keys; or `{"key_list": {"prefix": "key-lists/…/"}}` to
process a key list that lies in the runs bucket already.

Output: `{"ledger", "failures", "retry", "key_list", "map_run_arn", "results"}`.
"""

import json

from modules.asl.bounds import RunTimeBounds
from modules.asl.distributed_map import DistributedMap
from modules.asl.execution_type import EXPRESS_LIMIT_SECONDS, ExecutionType
from modules.asl.item_batcher import ItemBatcher
from modules.asl.item_reader import MAX_ITEMS, ItemReader, S3ObjectContents
from modules.asl.query_language import DefinitionError
from modules.asl.result_writer import ResultWriter
from modules.pipeline.workflow.key_sources import KeySourceStates
from modules.pipeline.workflow.key_sources.listing import MAX_INPUT_BYTES_PER_BATCH
from modules.pipeline.workflow.names import (
    KEY_LISTS,
    KEYS_LEFT_UNREAD,
    LEDGER_MISMATCH,
    MAP_RUNS,
    NOTHING_TO_PROCESS,
    PROCESS_KEY_LIST,
    PROCESS_OBJECTS,
    SUMMARIZE_RUN,
    TOO_MANY_FAILED_OBJECTS,
)
from modules.pipeline.workflow.retriers import (
    BATCH_FAULTS,
    CALL_FAULTS,
    LAMBDA_FAULTS,
    LONGEST_FUNCTION_SECONDS,
    PASSING_FAULTS,
    THROTTLING,
)

# What the run-time prefixes of the definition lie below where keys are listed, for the permissions derived from it.
BOUNDS = {PROCESS_OBJECTS: {"ItemReader.Prefix": KEY_LISTS, "ResultWriter.Prefix": MAP_RUNS}}


def bounds(key_source: KeySourceStates, *, map_runs_arn: str) -> RunTimeBounds:
    """The same for any key source. `map_runs_arn` matches the Map Runs of the machine's PROCESS_OBJECTS."""
    if key_source.reader is None:
        return BOUNDS
    found = {state: dict(fields) for state, fields in key_source.bounds.items()}
    found[PROCESS_OBJECTS]["ResultWriter.Prefix"] = MAP_RUNS
    return {**found, PROCESS_KEY_LIST: BOUNDS[PROCESS_OBJECTS], "CountItems": {"MapRunArn": map_runs_arn}}


def definition(
    *,
    key_source: KeySourceStates,
    process_objects_arn: str,
    summarize_run_arn: str,
    runs_bucket: str,
    runs_account_id: str,
    execution_type: ExecutionType,
    max_concurrency: int,
    max_items_per_batch: int,
    child_timeout_seconds: int,
    tolerated_failure_percentage: int | None = None,
    tolerated_failure_count: int | None = None,
) -> dict[str, object]:
    """The definition in JSONata.

    The tolerated percentage or count, one of them or none (then nothing is tolerated), holds for the Map Run's
    failed batches and again, key by key, for the verdict. `child_timeout_seconds` ends one try at a batch.

    Raises DefinitionError with every error found.
    """
    errors = []
    if not key_source.prefixes:
        errors.append('prefixes: give at least one; "" is the whole bucket')
    if tolerated_failure_percentage is not None and tolerated_failure_count is not None:
        errors.append("tolerated_failure_count: a percentage is given already; give one of them")
    if child_timeout_seconds < 1 or (execution_type == "EXPRESS" and child_timeout_seconds > EXPRESS_LIMIT_SECONDS):
        errors.append(
            "child_timeout_seconds: must be 1 or more, for EXPRESS children at most"
            f" {EXPRESS_LIMIT_SECONDS}, not {child_timeout_seconds}"
        )

    def process(name: str, reader: ItemReader, keys: KeySourceStates | None, after: str) -> DistributedMap:
        return DistributedMap(
            comment="No Retry, which would process every key again, and no Catch: a failed Map Run is redriven.",
            label=name,
            execution_type=execution_type,
            item_reader=reader,
            item_batcher=ItemBatcher(
                max_items_per_batch=max_items_per_batch,
                max_input_bytes_per_batch=keys.max_input_bytes_per_batch if keys else MAX_INPUT_BYTES_PER_BATCH,
                batch_input=keys.batch_input if keys else None,
            ),
            max_concurrency=max_concurrency,
            tolerated_failure_percentage=tolerated_failure_percentage,
            tolerated_failure_count=tolerated_failure_count,
            item_processor=_batch(name, process_objects_arn, child_timeout_seconds),
            result_writer=ResultWriter(
                bucket=runs_bucket,
                prefix=f"{{% '{MAP_RUNS}' & $states.context.Execution.Name %}}",
                transformation="FLATTEN",
                output_type="JSONL",
            ),
            assign={"map_run": "{% $states.result %}", "checkpoint": None},
            next=after,
        )

    key_list = S3ObjectContents(
        bucket=runs_bucket,
        prefix="{% $key_list.prefix %}",
        expected_bucket_owner=runs_account_id,
        input_type="JSONL",
    )
    counted = key_source.reader is not None
    maps = {PROCESS_OBJECTS: process(PROCESS_OBJECTS, key_list, None, SUMMARIZE_RUN)}
    if key_source.reader is not None:
        maps = {
            PROCESS_OBJECTS: process(PROCESS_OBJECTS, key_source.reader, key_source, "CountItems"),
            PROCESS_KEY_LIST: process(PROCESS_KEY_LIST, key_list, None, SUMMARIZE_RUN),
        }
    # What is wrong with one of the Maps is wrong with the other.
    if errors := [*errors, *dict.fromkeys(error for each in maps.values() for error in each.errors("JSONata"))]:
        raise DefinitionError(errors)
    return {
        "Comment": "Process every object of a bucket that another account owns.",
        "QueryLanguage": "JSONata",
        "StartAt": "KeyListGiven",
        "States": {
            **_key_list_given(key_source, PROCESS_KEY_LIST if counted else PROCESS_OBJECTS, counted=counted),
            **key_source.states(),
            **_nothing_to_process(),
            **{name: each.render("JSONata") for name, each in maps.items()},
            **(_count() if counted else {}),
            **_summary(summarize_run_arn),
            **_verdict(tolerated_failure_percentage, tolerated_failure_count, counted=counted),
        },
    }


def _batch(name: str, process_objects_arn: str, timeout_seconds: int) -> dict[str, object]:
    """A child's one state; no two states of a definition have one name."""
    state = "ProcessBatch" if name == PROCESS_OBJECTS else "ProcessListedBatch"
    return {
        "StartAt": state,
        "States": {
            state: {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": process_objects_arn, "Payload": "{% $states.input %}"},
                "TimeoutSeconds": timeout_seconds,
                "Retry": [LAMBDA_FAULTS, THROTTLING, BATCH_FAULTS],
                "Output": "{% $states.result.Payload %}",
                "End": True,
            }
        },
    }


def _key_list_given(key_source: KeySourceStates, over_key_list: str, *, counted: bool) -> dict[str, object]:
    """A key list that is given is mapped as it is; else the key source finds the keys of the prefixes."""
    # Literals inside the expression: JSONata reads JSON's strings as they are.
    default_prefixes = json.dumps(list(key_source.prefixes), ensure_ascii=False)
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
                        **({"cut_off": False} if counted else {}),
                    },
                    "Next": over_key_list,
                }
            ],
            "Assign": {
                "prefixes": (
                    "{% $exists($states.input.prefix) ? [$states.input.prefix]"
                    " : $exists($states.input.prefixes) ? $states.input.prefixes"
                    f" : {default_prefixes} %}}"
                ),
                "max_keys": "{% $exists($states.input.max_keys) ? $states.input.max_keys : null %}",
                "key_list": None,
                "checkpoint": None,
            },
            "Default": next(iter(key_source.states())),
        },
    }


def _nothing_to_process() -> dict[str, object]:
    return {
        NOTHING_TO_PROCESS: {
            "Type": "Succeed",
            "Output": {
                "ledger": {"listed": 0, "succeeded": 0, "failed": 0, "pending": 0},
                "failures": {},
                "retry": {"prefix": f"{{% '{KEY_LISTS}' & $states.context.Execution.Name & '/retry/' %}}", "keys": 0},
                "key_list": "{% $key_list %}",
                "map_run_arn": None,
                "results": None,
            },
        },
    }


def _count() -> dict[str, object]:
    """Without a key list, what the Map Run says it read is what the results are held against."""
    return {
        "CountItems": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sfn:describeMapRun",
            "Arguments": {"MapRunArn": "{% $map_run.MapRunArn %}"},
            "TimeoutSeconds": 60,
            "Retry": [CALL_FAULTS],
            "Assign": {
                "listed": "{% $states.result.ItemCounts.Total %}",
                "cut_off": f"{{% $max_keys = null and $states.result.ItemCounts.Total >= {MAX_ITEMS} %}}",
            },
            "Output": {},
            "Next": "AnythingRead",
        },
        "AnythingRead": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $listed > 0 %}", "Next": SUMMARIZE_RUN}],
            "Default": NOTHING_TO_PROCESS,
        },
    }


def _summary(summarize_run_arn: str) -> dict[str, object]:
    """The ledger, added up until no checkpoint comes back."""
    return {
        SUMMARIZE_RUN: {
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
            "Choices": [{"Condition": "{% $checkpoint != null %}", "Next": SUMMARIZE_RUN}],
            "Default": "AllAccountedFor",
        },
    }


def _verdict(percentage: int | None, count: int | None, *, counted: bool) -> dict[str, object]:
    """Whether every listed key is accounted for, and whether more keys are left than is tolerated."""
    cut_off: dict[str, object] = {
        KEYS_LEFT_UNREAD: {
            "Type": "Fail",
            "Error": KEYS_LEFT_UNREAD,
            "Cause": f"A Map Run stops reading at {MAX_ITEMS:,} keys, and this one read as many: more may be there."
            " All that it read is processed; take the listing as key source, and split the runs by prefix",
        }
    }
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
                    "Next": LEDGER_MISMATCH,
                },
                {"Condition": f"{{% {too_many} %}}", "Next": TOO_MANY_FAILED_OBJECTS},
                *([{"Condition": "{% $cut_off %}", "Next": KEYS_LEFT_UNREAD}] if counted else []),
            ],
            "Default": "Done",
        },
        **(cut_off if counted else {}),
        LEDGER_MISMATCH: {
            "Type": "Fail",
            "Error": LEDGER_MISMATCH,
            "Cause": (
                "{% 'listed ' & $summary.ledger.listed & ' is not succeeded ' & $summary.ledger.succeeded"
                " & ' + failed ' & $summary.ledger.failed & ' + pending ' & $summary.ledger.pending"
                " & '; the results lie in s3://' & $map_run.ResultWriterDetails.Bucket & '/'"
                " & $map_run.ResultWriterDetails.Key %}"
            ),
        },
        TOO_MANY_FAILED_OBJECTS: {
            "Type": "Fail",
            "Error": TOO_MANY_FAILED_OBJECTS,
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
