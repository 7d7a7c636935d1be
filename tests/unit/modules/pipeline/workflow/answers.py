"""The pipeline's definition in these tests, and answers for what it calls."""

from typing import Any

from sfnx import testing

from modules.pipeline.workflow.definition import pipeline_definition
from modules.pipeline.workflow.key_sources.listing import ListingStates
from modules.pipeline.workflow.key_sources.replication import ReplicationStates
from modules.pipeline.workflow.names import (
    COUNT_ITEMS,
    FIND_KEY_LIST,
    LIST_OBJECTS,
    LIST_SHARD,
    PROCESS_BATCH,
    PROCESS_KEY_LIST,
    PROCESS_LISTED_BATCH,
    PROCESS_OBJECTS,
    PROCESS_SHARD,
    PROCESS_SHARD_BATCH,
)

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:mapspan-local-"
# The name that sfnx gives every execution.
EXECUTION = "execution"
KEY_LIST = {"prefix": f"key-lists/{EXECUTION}/listed/"}
MAP_RUN = {
    "MapRunArn": f"{testing.MAP_RUN}/ProcessObjects:run",
    "ResultWriterDetails": {"Bucket": "mapspan-local-runs", "Key": "map-runs/execution/run/manifest.json"},
}
REPLICA = ReplicationStates(bucket="replica", account_id="111111111111", replicated=["2026/"])


def definition(prefixes: Any = ("2026/11/",), **changes: Any) -> dict[str, object]:
    values: dict[str, object] = {
        "key_source": ListingStates(list_objects_arn=f"{FUNCTION}list-objects", prefixes=prefixes),
        "process_objects_arn": f"{FUNCTION}process-objects",
        "summarize_run_arn": f"{FUNCTION}summarize-run",
        "runs_bucket": "mapspan-local-runs",
        "runs_account_id": "111111111111",
        "execution_type": "EXPRESS",
        "max_concurrency": 1000,
        "max_items_per_batch": 2,
        "child_timeout_seconds": 60,
    }
    return pipeline_definition(**(values | changes))  # type: ignore[arg-type]  # one dict for every argument


class Functions:
    """Answers for the three functions, in order; records what each call passed in `calls`."""

    def __init__(
        self,
        *,
        listings: list[object] | None = None,
        summaries: list[object] | None = None,
        keys: int = 3,
    ) -> None:
        self.listings = listings or [listing(keys)]
        self.summaries = summaries or [summary(keys)]
        self.keys = keys
        self.calls: dict[str, list[object]] = {}

    def __call__(self, call: testing.Call) -> object:
        self.calls.setdefault(call.state, []).append(call.arguments)
        if call.state in (PROCESS_OBJECTS, PROCESS_KEY_LIST, PROCESS_SHARD):
            return [{"Key": f"2026/11/{number}"} for number in range(self.keys)]
        if call.state == FIND_KEY_LIST:
            return {"Contents": [{"Key": "key-lists/run1/retry/part-000-00000.jsonl"}]}
        if call.state == COUNT_ITEMS:
            return {"ItemCounts": {"Total": self.keys}}
        assert isinstance(call.arguments, dict)
        if call.state in (PROCESS_BATCH, PROCESS_LISTED_BATCH, PROCESS_SHARD_BATCH):
            return {
                "Payload": [{"Key": item["Key"], "Outcome": "Succeeded"} for item in call.arguments["Payload"]["Items"]]
            }
        answer = (self.listings if call.state in (LIST_OBJECTS, LIST_SHARD) else self.summaries).pop(0)
        if isinstance(answer, testing.Failure):
            raise answer
        return {"Payload": answer}

    def payloads(self, state: str) -> list[dict[str, object]]:
        return [arguments["Payload"] for arguments in self.calls[state]]  # type: ignore[index]  # Lambda's are dicts


def listing(keys: int) -> dict[str, object]:
    looked = {"seen": keys + 1, "looked_from": None, "looked_until": None}
    return {**looked, "listed": keys, "key_list": KEY_LIST, "shards": []}


def summary(
    total: int, *, skipped: int = 0, failed: int = 0, pending: int = 0, lost: int = 0, checkpoint: object = None
) -> dict[str, object]:
    ledger = {
        "listed": total,
        "succeeded": total - skipped - failed - pending - lost,
        "skipped": skipped,
        "failed": failed,
        "pending": pending,
    }
    retry = {"prefix": f"key-lists/{EXECUTION}/retry/", "keys": failed + pending}
    failures = {"AccessDenied": failed} if failed else {}
    skips = {"not a CSV": skipped} if skipped else {}
    return {
        "checkpoint": checkpoint,
        "ledger": ledger,
        "failures": failures,
        "skips": skips,
        "retry": retry,
        "run_summary_error": None,
    }
