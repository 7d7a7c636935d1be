"""A run over an inventory, in the local cloud's interpreter: which delivery it takes, and which it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from local_cloud.step_functions.descriptions import describe_map_run
from local_cloud.step_functions.errors import StateFailure
from mapspan.local.sample_inventory import SCHEMA, delivery
from modules.pipeline.workflow.definition import pipeline_definition
from modules.pipeline.workflow.key_sources.inventory import InventoryStates
from modules.pipeline.workflow.names import (
    INVALID_INPUT,
    INVENTORY_FORMAT,
    INVENTORY_INCOMPLETE,
    INVENTORY_MISSING,
    INVENTORY_STALE,
    KEYS_LEFT_UNREAD,
)
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.nasty_keys import NASTY_KEYS
from tests.fixtures.step_functions import Bench, FakeRole

BASE = "theirs/landing-zone/all/"
NOW = datetime.now(UTC)
FRESH, OLD, ANCIENT = (NOW - timedelta(hours=hours) for hours in (20, 50, 24 * 40))
INVENTORY = InventoryStates(bucket="b", account_id="111111111111", base=BASE, prefix="2026/", max_age_hours=48)


def complete(time: datetime, keys: list[str], **changes: Any) -> dict[str, bytes]:
    objects = [{"Key": key, "Size": 1, "LastModified": NOW, "ETag": f'"{key}"'} for key in keys]
    return delivery(objects, source="landing-zone", destination="b", base=BASE, created=time, **changes)


def incomplete(time: datetime) -> dict[str, bytes]:
    return {key: body for key, body in complete(time, ["2026/a"]).items() if not key.endswith("checksum")}


def key_list(keys: list[str]) -> dict[str, bytes]:
    lines = "".join(f'{{"Key": "{key}"}}\n' for key in keys)
    return {"key-lists/before/retry/part-000.jsonl": lines.encode()}


class Pipeline:
    """The whole definition over one bucket in memory, its functions and API calls answered here."""

    def __init__(self, scratch: Path, objects: dict[str, bytes], total: int | None = None) -> None:
        definition: dict[str, Any] = pipeline_definition(
            key_source=INVENTORY,
            process_objects_arn="arn:process",
            summarize_run_arn="arn:summarize",
            runs_bucket="b",
            runs_account_id="111111111111",
            execution_type="EXPRESS",
            max_concurrency=1,
            max_items_per_batch=10,
            child_timeout_seconds=60,
        )
        self.s3 = FakeS3(objects, bucket="b", owner_required=False)
        self.batches: list[dict[str, Any]] = []
        self.summarized: list[dict[str, Any]] = []
        self._total = total
        self.bench = Bench(scratch, definition["States"], answer=self._answer, role=FakeRole(s3=self.s3))
        self.bench.scope = definition

    def run(self, **run_input: Any) -> Any:
        return self.bench.run(run_input)

    def refusal(self, **run_input: Any) -> tuple[str, str]:
        with pytest.raises(StateFailure) as failed:
            self.run(**run_input)
        return failed.value.error, failed.value.cause

    def _answer(self, arguments: dict[str, Any]) -> Any:
        if "StartAfter" in arguments:
            keys = self.s3.below("b", arguments["Prefix"])
            return {"Contents": [{"Key": key} for key in keys if key > arguments["StartAfter"]][: arguments["MaxKeys"]]}
        if "MaxKeys" in arguments:
            return {"Contents": [{"Key": key} for key in self.s3.below("b", arguments["Prefix"])]}
        if "Range" in arguments:
            return {"Body": self.s3.objects["b", arguments["Key"]].decode()}
        if "MapRunArn" in arguments:
            total = describe_map_run(self.bench.map_run)["itemCounts"]["total"]
            return {"ItemCounts": {"Total": total if self._total is None else self._total}}
        payload = arguments["Payload"]
        if arguments["FunctionName"] == "arn:process":
            self.batches.append(payload)
            return {"Payload": [{"Key": item["Key"], "Outcome": "Succeeded"} for item in payload["Items"]]}
        self.summarized.append(payload)
        listed = payload["listed"]
        ledger = {"listed": listed or 0, "succeeded": listed or 0, "skipped": 0, "failed": 0, "pending": 0}
        summary = {"checkpoint": None, "ledger": ledger, "failures": {}, "skips": {}, "retry": {}}
        return {"Payload": {**summary, "run_summary_error": None}}

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for batch in self.batches for item in batch["Items"]]


StartPipeline = Callable[..., Pipeline]


@pytest.fixture
def start(tmp_path: Path) -> StartPipeline:
    return lambda *objects, **options: Pipeline(
        tmp_path, {key: body for files in objects for key, body in files.items()}, **options
    )


def test_the_newest_complete_delivery_is_taken_and_the_maps_own_count_is_listed(start: StartPipeline) -> None:
    run = start(
        complete(OLD, ["2026/old"]),
        complete(FRESH, NASTY_KEYS),
        incomplete(NOW - timedelta(hours=1)),
        {"theirs/landing-zone/all2/2999-01-01T01-00Z/manifest.checksum": b"another configuration's"},
    )
    output = run.run()
    assert output["ledger"]["listed"] == len(NASTY_KEYS)
    assert output["key_list"] is None
    (summarized,) = run.summarized
    assert (summarized["listed"], summarized["key_list"]) == (len(NASTY_KEYS), None)
    assert [unquote_plus(item["Key"]) for item in run.items] == NASTY_KEYS
    assert {batch["BatchInput"]["keys_from"] for batch in run.batches} == {"inventory"}


@pytest.mark.parametrize(
    ("objects", "error", "words"),
    [
        ([], INVENTORY_MISSING, "No delivery of the last 31 days is below s3://b/theirs/landing-zone/all/"),
        (
            [complete(ANCIENT, ["2026/a"])],
            INVENTORY_MISSING,
            "up to 48 hours after the inventory is configured",
        ),
        (
            [complete(OLD, ["2026/a"])],
            INVENTORY_STALE,
            f"{OLD:%Y-%m-%dT%H-%MZ} below s3://b/theirs/landing-zone/all/",
        ),
        ([complete(OLD, ["2026/a"])], INVENTORY_STALE, "or raise max_inventory_age_hours"),
        ([incomplete(FRESH)], INVENTORY_INCOMPLETE, f"{FRESH:%Y-%m-%dT%H-%MZ} below"),
        (
            [complete(OLD, ["2026/a"]), incomplete(FRESH)],
            INVENTORY_INCOMPLETE,
            "Start the run again when it is complete",
        ),
        (
            [complete(FRESH, ["2026/a"], file_format="ORC")],
            INVENTORY_FORMAT,
            "is ORC with the fields Bucket, Key",
        ),
        (
            [complete(FRESH, ["2026/a"], schema=("Bucket", "Key", "Size"))],
            INVENTORY_FORMAT,
            "optional field ETag",
        ),
        (
            [complete(FRESH, ["2026/a"], schema=(*SCHEMA, "IsLatest"))],
            INVENTORY_FORMAT,
            "object versions current",
        ),
        (
            [{f"{BASE}{FRESH:%Y-%m-%dT%H-%MZ}/manifest.{e}": b"{}" for e in ("json", "checksum")}],
            INVENTORY_FORMAT,
            "(none found)",
        ),
    ],
)
def test_a_delivery_that_cannot_be_read_is_refused_by_name_with_what_to_do(
    start: StartPipeline, objects: list[dict[str, bytes]], error: str, words: str
) -> None:
    run = start(*objects)
    name, cause = run.refusal()
    assert name == error
    assert words in cause
    assert run.batches == []


def test_an_inventory_is_taken_whole_or_not_at_all(start: StartPipeline) -> None:
    run = start(complete(FRESH, ["2026/a"]))
    assert run.refusal(prefix="2026/11/")[0] == INVALID_INPUT
    assert start(complete(FRESH, ["2026/a"])).refusal(prefixes=["2026/", "2025/"])[0] == INVALID_INPUT
    assert start(complete(FRESH, ["2026/a"])).run(prefix="2026/")["ledger"]["listed"] == 1


def test_at_most_max_keys_are_read(start: StartPipeline) -> None:
    run = start(complete(FRESH, [f"2026/{number:02}" for number in range(30)]))
    assert run.run(max_keys=7)["ledger"]["listed"] == 7


def test_an_empty_inventory_succeeds_without_a_summary(start: StartPipeline) -> None:
    run = start(complete(FRESH, []))
    assert run.run()["ledger"] == {"listed": 0, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 0}
    assert run.summarized == []


def test_a_given_key_list_is_read_unchanged_and_its_lines_are_counted(start: StartPipeline) -> None:
    run = start(key_list(["2026/a+b", "2026/%41"]))
    output = run.run(key_list={"prefix": "key-lists/before/retry/"})
    assert [item["Key"] for item in run.items] == ["2026/a+b", "2026/%41"]
    assert all("keys_from" not in batch["BatchInput"] for batch in run.batches)
    (summarized,) = run.summarized
    assert (summarized["listed"], summarized["key_list"]) == (None, {"prefix": "key-lists/before/retry/"})
    assert output["key_list"] == {"prefix": "key-lists/before/retry/"}


@pytest.mark.parametrize(("run_input", "error"), [({}, KEYS_LEFT_UNREAD), ({"max_keys": 100_000_000}, None)])
def test_a_map_run_that_read_as_many_keys_as_it_can_is_refused_unless_max_keys_says_so(
    start: StartPipeline, run_input: dict[str, int], error: str | None
) -> None:
    run = start(complete(FRESH, ["2026/a"]), total=100_000_000)
    if error:
        assert run.refusal(**run_input)[0] == error
    else:
        assert run.run(**run_input)["ledger"]["listed"] == 100_000_000


def test_a_delivery_without_the_field_that_the_selection_needs_is_refused(start: StartPipeline) -> None:
    error, cause = start(complete(FRESH, ["2026/a"])).refusal(select={"storage_classes": ["STANDARD"]})
    assert error == INVENTORY_FORMAT
    assert "the optional field ETag and, for the selection, StorageClass, and wait" in cause


def test_a_delivery_with_the_field_that_the_selection_needs_is_read(start: StartPipeline) -> None:
    run = start(complete(FRESH, ["2026/a"]))
    run.run(select={"min_bytes": 1, "modified_after": "30d"})
    [batch] = run.batches
    assert batch["BatchInput"]["select"] == [{"min_bytes": 1, "modified_after": "30d"}]
