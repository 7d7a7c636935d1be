"""The two calls that ask about an S3 Inventory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.aws.bench import Bench
from tests.aws.lifetime import Cleanup
from tests.aws.questions.inventory_keys import Inventory, ask
from tests.aws.unanswered import Unanswered
from tests.unit.aws.aws_accounts import ACCOUNTS


class FakeS3:
    """One account's empty buckets, by name. `interrupted`: a Ctrl-C comes while a bucket policy is put."""

    def __init__(self, *, interrupted: bool = False) -> None:
        self.buckets: dict[str, datetime] = {}
        self.inventories: list[str] = []
        self.exceptions = SimpleNamespace(BucketAlreadyOwnedByYou=KeyError)
        self._interrupted = interrupted

    def create_bucket(self, **request: Any) -> None:
        self.buckets[request["Bucket"]] = datetime.now(UTC)

    def head_bucket(self, **request: Any) -> None:
        assert request["Bucket"] in self.buckets

    def delete_bucket(self, **request: Any) -> None:
        del self.buckets[request["Bucket"]]

    def put_bucket_policy(self, **_: Any) -> None:
        if self._interrupted:
            raise KeyboardInterrupt

    def put_object(self, **_: Any) -> None:
        pass

    def put_bucket_inventory_configuration(self, **request: Any) -> None:
        self.inventories.append(request["Bucket"])

    def get_bucket_versioning(self, **_: Any) -> dict[str, Any]:
        return {}

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [{}])

    def list_buckets(self) -> dict[str, Any]:
        return {"Buckets": [{"Name": name, "CreationDate": created} for name, created in self.buckets.items()]}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(ACCOUNTS, Cleanup(lambda _: None), lambda _: None, tmp_path)
    bench.s3, bench.source_s3 = FakeS3(), FakeS3()
    monkeypatch.setattr("tests.aws.questions.inventory_keys.bucket_exists", lambda s3, name: name in s3.buckets)
    return bench


def test_the_first_call_configures_an_inventory_and_leaves_it(bench: Bench) -> None:
    with pytest.raises(Unanswered, match="call again in two days"):
        ask(bench)
    bench.cleanup.clean()
    inventory = Inventory(bench)
    assert list(bench.s3.buckets) == [inventory.destination]
    assert list(bench.source_s3.buckets) == bench.source_s3.inventories == [inventory.source]


def test_an_interrupted_first_call_leaves_nothing(bench: Bench) -> None:
    bench.s3 = FakeS3(interrupted=True)
    with pytest.raises(KeyboardInterrupt):
        ask(bench)
    assert (bench.s3.buckets, bench.source_s3.buckets) == ({}, {})


def test_a_second_call_before_the_delivery_says_when_it_was_configured(bench: Bench) -> None:
    bench.s3.buckets[Inventory(bench).destination] = datetime.now(UTC) - timedelta(hours=20)
    with pytest.raises(Unanswered, match="no delivery yet"):
        ask(bench)
    bench.cleanup.clean()
    assert bench.s3.buckets


def test_after_three_days_without_a_delivery_everything_is_deleted(bench: Bench) -> None:
    inventory = Inventory(bench)
    bench.s3.buckets[inventory.destination] = datetime.now(UTC) - timedelta(hours=73)
    bench.source_s3.buckets[inventory.source] = datetime.now(UTC)
    assert ask(bench) == {"delivery": "none within 3 days"}
    bench.cleanup.clean()
    assert (bench.s3.buckets, bench.source_s3.buckets) == ({}, {})
