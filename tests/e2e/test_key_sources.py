"""The inventory and the replica as key sources, from an empty account to a balanced ledger."""

from __future__ import annotations

from typing import Any

import pytest

from mapspan.local.sample_inventory import deliver_inventory
from mapspan.local.sample_objects import put_all
from mapspan.results.finished_run import find_run
from mapspan.results.report import read_report
from mapspan.running.execution import Execution
from mapspan.running.remainder import write_remainder
from mapspan.source_access.check_access import check_access
from tests.e2e.conftest import SecondPlan
from tests.e2e.variants import OBJECTS, POLL_SECONDS, Variant

LEDGER = {"listed": 60, "succeeded": 60, "skipped": 0, "failed": 0, "pending": 0}


def finished(variant: Variant, run_input: dict[str, Any]) -> tuple[Execution, Any]:
    execution = Execution.start(variant.deployment, run_input)
    for _ in execution.follow(poll_seconds=POLL_SECONDS):
        pass
    return execution, execution.outcome()


def verdicts(variant: Variant) -> dict[str, str]:
    return {access.call: access.verdict for access in check_access(variant.deployment)}


def deliver(variant: Variant) -> None:
    """Deliver an inventory, as S3 does once a day and the local cloud doesn't."""
    settings = variant.settings
    deliver_inventory(
        variant.s3,
        variant.deployment.s3(),
        source=settings.source.bucket,
        destination=settings.inventory_bucket,
        base=f"{settings.source.bucket}/{settings.prefix}/",
        prefix="2026/",
    )


def test_a_run_over_an_inventory_ends_in_a_balanced_ledger_of_decoded_keys(inventory: Variant) -> None:
    _, refused = finished(inventory, {})
    assert refused.error == "InventoryMissing"
    assert verdicts(inventory) == {
        "inventory delivery": "missing",
        "s3:GetObject": "unknown",
        "s3:GetBucketOwnershipControls": "allowed",
    }
    bucket = inventory.settings.source.bucket
    inventory.s3.put_object(Bucket=bucket, Key="2026/gone since+then", Body=b"x")
    deliver(inventory)
    inventory.s3.delete_object(Bucket=bucket, Key="2026/gone since+then")
    assert {call: verdict for call, verdict in verdicts(inventory).items() if "Owner" not in call} == {
        "inventory delivery": "allowed",
        "s3:GetObject": "allowed",
    }

    execution, outcome = finished(inventory, {})
    assert outcome.status == "SUCCEEDED", outcome
    assert outcome.ledger == {"listed": 61, "succeeded": 60, "skipped": 0, "failed": 1, "pending": 0}
    report = read_report(inventory.deployment, execution.name)
    assert report.results.adds_up
    assert report.results.ledger == outcome.ledger
    assert "the run has no key list" in report.notes[0]

    inventory.s3.put_object(Bucket=bucket, Key="2026/gone since+then", Body=b"x")
    remainder = write_remainder(inventory.deployment, find_run(inventory.deployment, execution.name))
    assert remainder.keys == 1
    again = inventory.run(dict(remainder.run_input))
    assert again.ledger == {"listed": 1, "succeeded": 1, "skipped": 0, "failed": 0, "pending": 0}


def test_the_inventory_configuration_names_destination_prefix_and_fields(inventory: Variant) -> None:
    settings = inventory.settings
    configuration = {"Bucket": settings.source.bucket, "Id": settings.prefix}
    configured = inventory.s3.get_bucket_inventory_configuration(**configuration)["InventoryConfiguration"]
    assert configured["Destination"]["S3BucketDestination"]["AccountId"] == settings.target.account_id
    assert configured["Filter"] == {"Prefix": "2026/"}
    assert set(configured["OptionalFields"]) == {"Size", "LastModifiedDate", "ETag"}


def test_a_run_over_a_replica_ends_in_a_balanced_ledger_and_needs_no_grant_in_the_source_account(
    replication: Variant,
) -> None:
    settings, source_s3 = replication.settings, replication.s3
    assert verdicts(replication) == {"s3:ReplicateObject": "missing", "s3:GetObject": "unknown"}
    assert replication.run({}).ledger == {"listed": 0, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 0}
    # The local cloud replicates new objects as far as the rules and the replica's policy allow.
    put_all(
        source_s3,
        settings.source.bucket,
        iter([*OBJECTS.items(), ("2024/not", b"x"), ("2025/gone", b"x")]),
        lambda _: None,
    )
    source_s3.delete_object(Bucket=settings.source.bucket, Key="2025/gone")
    execution, outcome = finished(replication, {})
    assert outcome.status == "SUCCEEDED", outcome
    assert outcome.ledger == LEDGER
    assert read_report(replication.deployment, execution.name).results.ledger == LEDGER
    assert verdicts(replication) == {"s3:ReplicateObject": "allowed", "s3:GetObject": "allowed"}
    assert replication.run({"prefix": "2026/nasty/", "max_keys": 5}).ledger == LEDGER | {"listed": 5, "succeeded": 5}
    assert finished(replication, {"prefixes": ["2026/", "2025/"]})[1].error == "InvalidInput"
    with pytest.raises(source_s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        source_s3.get_bucket_policy(Bucket=settings.source.bucket)


def test_the_target_account_owns_the_replicas(replication: Variant) -> None:
    rules = replication.s3.get_bucket_replication(Bucket=replication.settings.source.bucket)
    first, second = rules["ReplicationConfiguration"]["Rules"]
    assert (first["Filter"], second["Filter"]) == ({"Prefix": "2026/"}, {"Prefix": "2025/"})
    assert first["Destination"]["AccessControlTranslation"] == {"Owner": "Destination"}
    assert first["Destination"]["Account"] == "111111111111"
    assert first["DeleteMarkerReplication"] == {"Status": "Enabled"}


def test_second_plans_change_nothing(second_plans: list[SecondPlan]) -> None:
    assert [plan.has_changes for plan in second_plans] == [False, False]
