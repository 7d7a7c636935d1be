"""A run over an inventory, in the local cloud's own interpreter: which delivery it takes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from local_cloud.step_functions.descriptions import described_map_run
from local_cloud.step_functions.errors import StateFailure
from mapspan.local.sample_inventory import SCHEMA, delivery
from modules.pipeline.workflow.definition import pipeline_definition
from modules.pipeline.workflow.key_sources.inventory import InventoryStates
from tests.fixtures.fake_s3 import FakeS3
from tests.fixtures.nasty_keys import NASTY_KEYS
from tests.fixtures.step_functions import Bench, FakeRole

BASE = "theirs/landing-zone/all/"
NOW = datetime.now(UTC)
FRESH, OLD, ANCIENT = (NOW - timedelta(hours=hours) for hours in (20, 50, 24 * 40))
INVENTORY = InventoryStates(bucket="b", account_id="111111111111", base=BASE, prefix="2026/", max_age_hours=48)


def delivered(made: datetime, keys: list[str], **changes: Any) -> dict[str, bytes]:
    objects = [{"Key": key, "Size": 1, "LastModified": NOW, "ETag": f'"{key}"'} for key in keys]
    return delivery(objects, source="landing-zone", destination="b", base=BASE, made=made, **changes)


def half(made: datetime) -> dict[str, bytes]:
    return {key: body for key, body in delivered(made, ["2026/a"]).items() if not key.endswith("checksum")}


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

    def run(self, **given: Any) -> Any:
        return self.bench.run(given)

    def refusal(self, **given: Any) -> tuple[str, str]:
        with pytest.raises(StateFailure) as failed:
            self.run(**given)
        return failed.value.error, failed.value.cause

    def _answer(self, asked: dict[str, Any]) -> Any:
        if "StartAfter" in asked:
            keys = self.s3.below("b", asked["Prefix"])
            return {"Contents": [{"Key": key} for key in keys if key > asked["StartAfter"]][: asked["MaxKeys"]]}
        if "Range" in asked:
            return {"Body": self.s3.objects["b", asked["Key"]].decode()}
        if "MapRunArn" in asked:
            total = described_map_run(self.bench.map_run)["itemCounts"]["total"]
            return {"ItemCounts": {"Total": total if self._total is None else self._total}}
        payload = asked["Payload"]
        if asked["FunctionName"] == "arn:process":
            self.batches.append(payload)
            return {"Payload": [{"Key": item["Key"], "Outcome": "Succeeded"} for item in payload["Items"]]}
        self.summarized.append(payload)
        listed = payload["listed"]
        ledger = {"listed": listed or 0, "succeeded": listed or 0, "failed": 0, "pending": 0}
        return {"Payload": {"checkpoint": None, "ledger": ledger, "failures": {}, "retry": {}}}

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for batch in self.batches for item in batch["Items"]]


StartPipeline = Callable[..., Pipeline]


@pytest.fixture
def start(tmp_path: Path) -> StartPipeline:
    return lambda *objects, **options: Pipeline(
        tmp_path, {key: body for each in objects for key, body in each.items()}, **options
    )


def test_the_newest_complete_delivery_is_taken_and_what_the_map_read_is_what_is_listed(start: StartPipeline) -> None:
    run = start(
        delivered(OLD, ["2026/old"]),
        delivered(FRESH, NASTY_KEYS),
        half(NOW - timedelta(hours=1)),
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
        ([], "InventoryMissing", "No delivery of the last 31 days lies below s3://b/theirs/landing-zone/all/"),
        ([delivered(ANCIENT, ["2026/a"])], "InventoryMissing", "up to 48 hours after the inventory is configured"),
        (
            [delivered(OLD, ["2026/a"])],
            "InventoryStale",
            f"{OLD:%Y-%m-%dT%H-%MZ} below s3://b/theirs/landing-zone/all/",
        ),
        ([delivered(OLD, ["2026/a"])], "InventoryStale", "or raise max_inventory_age_hours"),
        ([half(FRESH)], "InventoryIncomplete", f"{FRESH:%Y-%m-%dT%H-%MZ} below"),
        ([delivered(OLD, ["2026/a"]), half(FRESH)], "InventoryIncomplete", "Start the run again when it is complete"),
        ([delivered(FRESH, ["2026/a"], file_format="ORC")], "InventoryFormat", "is ORC with the fields Bucket, Key"),
        ([delivered(FRESH, ["2026/a"], schema=("Bucket", "Key", "Size"))], "InventoryFormat", "optional field ETag"),
        ([delivered(FRESH, ["2026/a"], schema=(*SCHEMA, "IsLatest"))], "InventoryFormat", "object versions current"),
        (
            [{f"{BASE}{FRESH:%Y-%m-%dT%H-%MZ}/manifest.{e}": b"{}" for e in ("json", "checksum")}],
            "InventoryFormat",
            "(none found)",
        ),
    ],
)
def test_what_can_not_be_taken_is_refused_by_name_and_in_words(
    start: StartPipeline, objects: list[dict[str, bytes]], error: str, words: str
) -> None:
    run = start(*objects)
    found, cause = run.refusal()
    assert found == error
    assert words in cause
    assert run.batches == []


def test_an_inventory_is_taken_whole_or_not_at_all(start: StartPipeline) -> None:
    run = start(delivered(FRESH, ["2026/a"]))
    assert run.refusal(prefix="2026/11/")[0] == "PrefixNotTaken"
    assert start(delivered(FRESH, ["2026/a"])).refusal(prefixes=["2026/", "2025/"])[0] == "PrefixNotTaken"
    assert start(delivered(FRESH, ["2026/a"])).run(prefix="2026/")["ledger"]["listed"] == 1


def test_no_more_than_max_keys_are_read(start: StartPipeline) -> None:
    run = start(delivered(FRESH, [f"2026/{number:02}" for number in range(30)]))
    assert run.run(max_keys=7)["ledger"]["listed"] == 7


def test_an_empty_inventory_succeeds_by_name(start: StartPipeline) -> None:
    run = start(delivered(FRESH, []))
    assert run.run()["ledger"] == {"listed": 0, "succeeded": 0, "failed": 0, "pending": 0}
    assert run.summarized == []


def test_a_given_key_list_is_read_as_it_is_and_its_lines_are_counted(start: StartPipeline) -> None:
    run = start(key_list(["2026/a+b", "2026/%41"]))
    output = run.run(key_list={"prefix": "key-lists/before/retry/"})
    assert [item["Key"] for item in run.items] == ["2026/a+b", "2026/%41"]
    assert all("BatchInput" not in batch for batch in run.batches)
    (summarized,) = run.summarized
    assert (summarized["listed"], summarized["key_list"]) == (None, {"prefix": "key-lists/before/retry/"})
    assert output["key_list"] == {"prefix": "key-lists/before/retry/"}


@pytest.mark.parametrize(("given", "error"), [({}, "KeysLeftUnread"), ({"max_keys": 100_000_000}, None)])
def test_a_map_run_that_read_all_it_can_may_have_left_keys_unread(
    start: StartPipeline, given: dict[str, int], error: str | None
) -> None:
    run = start(delivered(FRESH, ["2026/a"]), total=100_000_000)
    if error:
        assert run.refusal(**given)[0] == error
    else:
        assert run.run(**given)["ledger"]["listed"] == 100_000_000
