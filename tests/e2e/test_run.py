"""A run processes every object of the other account's bucket, byte for byte, and accounts for each."""

from __future__ import annotations

import hashlib

from mapspan.local.sample_objects import sample_objects
from tests.e2e.conftest import Cloud

EMPTY_LEDGER = {"listed": 0, "succeeded": 0, "skipped": 0, "failed": 0, "pending": 0}


def test_every_object_is_processed_byte_for_byte(cloud: Cloud) -> None:
    """Nasty keys, folder markers and empty objects among them."""
    objects = dict(sample_objects(1_000, "2026/bytes/"))
    cloud.put(objects)
    outcome = cloud.run({"prefix": "2026/bytes/"})
    assert outcome.status == "SUCCEEDED"
    assert outcome.ledger == {"listed": 1_000, "succeeded": 1_000, "skipped": 0, "failed": 0, "pending": 0}
    results = {line["Key"]: line["Result"] for line in cloud.results(outcome) if line.get("Note") != "FolderMarker"}
    expected = {
        key: {"size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "lines": body.count(b"\n")}
        for key, body in objects.items()
        if not key.endswith("/")
    }
    assert results == expected


def test_a_run_without_prefixes_processes_those_of_the_environment(cloud: Cloud) -> None:
    """And nothing that sorts before them in the bucket."""
    cloud.put({"2025/before": b"1", "2026/!/one": b"2", "2026/!/two": b"3"})
    outcome = cloud.run({"max_keys": 2})
    assert {line["Key"] for line in cloud.results(outcome)} == {"2026/!/one", "2026/!/two"}


def test_several_prefixes_and_max_keys(cloud: Cloud) -> None:
    cloud.put({f"2026/several/{part}/{number}": b"x" for part in "abc" for number in range(5)})
    some = cloud.run({"prefixes": ["2026/several/a/", "2026/several/b/"]})
    assert some.ledger == {"listed": 10, "succeeded": 10, "skipped": 0, "failed": 0, "pending": 0}
    few = cloud.run({"prefixes": ["2026/several/"], "max_keys": 7})
    assert few.ledger == {"listed": 7, "succeeded": 7, "skipped": 0, "failed": 0, "pending": 0}


def test_an_empty_prefix_succeeds_with_an_all_zero_ledger(cloud: Cloud) -> None:
    execution = cloud.start({"prefix": "2026/nothing-here/"})
    outcome = cloud.finish(execution)
    assert outcome.status == "SUCCEEDED"
    assert outcome.ledger == EMPTY_LEDGER
    history = cloud.deployment.step_functions().get_execution_history(executionArn=execution.arn)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    assert entered[-1] == "NothingToProcess"


def test_two_runs_at_once_keep_their_own_ledgers(cloud: Cloud) -> None:
    cloud.put({f"2026/two/{part}/{number}": b"x" for part in "ab" for number in range(20)})
    executions = [cloud.start({"prefix": f"2026/two/{part}/"}) for part in "ab"]
    for part, execution in zip("ab", executions, strict=True):
        outcome = cloud.finish(execution)
        assert outcome.ledger == {"listed": 20, "succeeded": 20, "skipped": 0, "failed": 0, "pending": 0}
        assert all(line["Key"].startswith(f"2026/two/{part}/") for line in cloud.results(outcome))


def test_the_commands_use_the_names_that_terraform_outputs(cloud: Cloud) -> None:
    outputs, deployment = cloud.local.terraform.outputs(), cloud.deployment
    assert outputs["state_machine_arn"] == deployment.state_machine_arn
    assert outputs["runs_bucket"] == deployment.runs_bucket
    assert outputs["source_bucket"] == deployment.environment.source.bucket
