"""From the bucket through the key list to GetObject, with real boto3."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, cast

from examples.jobs.checksum.job import process
from lambdas.job.bucket import Bucket
from lambdas.list_objects.client import s3_client
from lambdas.list_objects.listing import Dealing, Listing
from lambdas.process_objects.client import s3_client as reading_client
from lambdas.shared.selection import Selector
from tests.fixtures.batches import run_batch
from tests.fixtures.nasty_keys import NASTY_KEYS
from tests.fixtures.stand_in.faults import Faults
from tests.fixtures.stand_in.running import in_thread
from tests.fixtures.stand_in.server import StandIn

if TYPE_CHECKING:
    from lambdas.shared.child_input import Item


def test_nasty_keys_are_processed_despite_broken_connections() -> None:
    stand_in = StandIn(faults=Faults({"reset": 0.2}, operations=frozenset({"GetObject"}), seed=3))
    source, runs = stand_in.stored("source"), stand_in.stored("runs")
    for key in NASTY_KEYS:
        source.put(key.encode(), b"" if key.endswith("/") else key.encode() * 20_000)
    with in_thread(stand_in) as endpoint_url:
        lister = s3_client(region="us-east-1", threads=4, endpoint_url=endpoint_url, path_style=True)
        listing = Listing(
            source=lister,
            source_bucket="source",
            source_owner="2" * 12,
            runs=lister,
            runs_bucket="runs",
            runs_owner="1" * 12,
            threads=4,
            keys_per_part=10,
            max_keys_per_shard=100,
            dealing=Dealing(),
        )
        listing.run(
            key_list_prefix="k/",
            prefixes=[""],
            max_keys=None,
            checkpoint=None,
            selector=Selector([], started_at=""),
            seconds_left=lambda: 60.0,
            attempt="a",
        )
        lines = b"".join(runs.objects[name] for name in sorted(runs.objects)).splitlines()
        items = cast("list[Item]", [json.loads(line) for line in lines])
        reader = reading_client(region="us-east-1", threads=4, endpoint_url=endpoint_url)
        outcomes = run_batch(items, source=Bucket(reader, "source", "2" * 12), process=process, threads=4).outcomes
    assert stand_in.faults.injected > 3
    assert sorted(outcome["Key"] for outcome in outcomes) == sorted(NASTY_KEYS)
    for outcome in outcomes:
        assert outcome["Outcome"] == "Succeeded", outcome
        content = source.objects[outcome["Key"].encode()]
        if content:
            assert outcome["Result"]["sha256"] == hashlib.sha256(content).hexdigest()
        else:
            assert outcome.get("Note") == "FolderMarker"
