"""A failed key is reported and kept for a retry; too many failed keys stop the run, which can be redriven."""

from __future__ import annotations

from tests.e2e.conftest import Cloud
from tests.fixtures.run_inputs import REFUSED

RAISES_ON_SOME = """
def process(obj):
    if obj.key.endswith(("/17", "/500", "/999")):
        raise ValueError("poisoned")
    return {"size": len(obj.read())}
"""

FAILS_WHOLE_BATCHES = """
def process(obj):
    if "/bad/" in obj.key:
        raise ValueError("broken")
    return {"version": 1}
"""

MENDED = """
def process(obj):
    return {"version": 2}
"""

RAISES_ALWAYS_ON_ONE_IN_TEN = """
def process(obj):
    if obj.key.endswith("0"):
        raise ValueError("poisoned")
    return {}
"""


def test_three_failed_keys_of_a_thousand_are_reported_and_kept_for_a_retry(cloud: Cloud) -> None:
    cloud.put({f"2026/three/{number}": b"x" for number in range(1_000)})
    with cloud.job(RAISES_ON_SOME):
        outcome = cloud.run({"prefix": "2026/three/"})
    assert outcome.status == "SUCCEEDED"
    assert outcome.ledger == {"listed": 1_000, "succeeded": 997, "skipped": 0, "failed": 3, "pending": 0}
    assert outcome.output["failures"] == {"ProcessorFailed": 3}
    failed = {"2026/three/17", "2026/three/500", "2026/three/999"}
    retry = outcome.output["retry"]
    assert retry["keys"] == 3
    assert {line["Key"] for line in cloud.lines(retry["prefix"])} == failed

    again = cloud.run({"key_list": {"prefix": retry["prefix"]}})
    assert again.ledger == {"listed": 3, "succeeded": 3, "skipped": 0, "failed": 0, "pending": 0}
    assert {line["Key"] for line in cloud.results(again)} == failed


def test_more_failed_keys_than_tolerated_fail_the_run_after_every_key_was_tried(cloud: Cloud) -> None:
    cloud.put({f"2026/many/{number:03}": b"x" for number in range(100)})
    with cloud.job(RAISES_ALWAYS_ON_ONE_IN_TEN):
        execution = cloud.start({"prefix": "2026/many/"})
        outcome = cloud.finish(execution)
    assert outcome.status == "FAILED"
    assert outcome.error == "TooManyFailedObjects"
    assert "10 of 100 keys failed" in str(outcome.cause)
    kept = {line["Key"] for line in cloud.lines(f"key-lists/{execution.name}/retry/")}
    assert kept == {f"2026/many/{number:03}" for number in range(0, 100, 10)}
    lines = cloud.log_lines("process-objects", run=execution.name)
    assert {line["key"] for line in lines} == kept, "each failed key is one line of the function's log"
    assert all('raise ValueError("poisoned")' in line["traceback"] for line in lines)


def test_a_run_past_its_threshold_is_redriven_and_only_failed_children_run_again(cloud: Cloud) -> None:
    # Batches hold 100 keys in order: two whole ones are bad.
    keys = [f"2026/redrive/{'bad' if number < 200 else 'good'}/{number:04}" for number in range(600)]
    cloud.put(dict.fromkeys(keys, b"x"))
    client = cloud.deployment.step_functions()
    with cloud.job(FAILS_WHOLE_BATCHES):
        execution = cloud.start({"prefix": "2026/redrive/"})
        stopped = cloud.finish(execution)
    assert stopped.status == "FAILED"
    assert stopped.error == "States.ExceedToleratedFailureThreshold"
    first = {line["Key"] for line in cloud.outcomes(f"map-runs/{execution.name}/")}

    with cloud.job(MENDED):
        client.redrive_execution(executionArn=execution.arn)
        outcome = cloud.finish(execution)
    assert outcome.status == "SUCCEEDED"
    assert outcome.map_run_arns == stopped.map_run_arns
    assert outcome.ledger == {"listed": 600, "succeeded": 600, "skipped": 0, "failed": 0, "pending": 0}
    assert client.describe_map_run(mapRunArn=outcome.map_run_arns[0])["redriveCount"] == 1
    versions = {line["Key"]: line["Result"]["version"] for line in cloud.results(outcome)}
    assert {key for key, version in versions.items() if version == 1} == first
    assert {key for key in keys if "/bad/" in key} <= {key for key, version in versions.items() if version == 2}


def test_a_wrong_input_ends_in_a_named_failure_and_processes_nothing(cloud: Cloud) -> None:
    client = cloud.deployment.step_functions()
    mistyped = {"key_list": {"prefix": "key-lists/mistyped/retry/"}}
    # Those of the table that once were green runs, over nothing, everything or other keys.
    everyones = {"key_list": {"prefix": "key-lists/"}}
    green = ({"prefixes": "2026/"}, {"prefx": "2026/"}, {"max_keys": 0}, {"max_keys": -5}, {"max_keys": 1.5}, everyones)
    table = [entry for entry in REFUSED if entry[0] in green]
    table.append((mistyped, 'key_list.prefix: "key-lists/mistyped/retry/" does not exist', "retry.prefix"))
    assert len(table) == len(green) + 1
    executions = [cloud.start(run_input) for run_input, *_ in table]
    for execution, (run_input, beginning, remedy) in zip(executions, table, strict=True):
        outcome = cloud.finish(execution)
        assert outcome.error == "InvalidInput", (run_input, outcome)
        assert str(outcome.cause).startswith(beginning)
        assert remedy in str(outcome.cause)
        assert client.list_map_runs(executionArn=execution.arn)["mapRuns"] == []
        assert cloud.lines(f"key-lists/{execution.name}/") == []


def test_the_history_names_the_state_that_failed_and_the_error(cloud: Cloud) -> None:
    cloud.put({"2026/history/bad/a": b"x"})
    with cloud.job(FAILS_WHOLE_BATCHES):
        execution = cloud.start({"prefix": "2026/history/"})
        cloud.finish(execution)
    events = cloud.deployment.step_functions().get_execution_history(executionArn=execution.arn)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    assert entered == ["CheckInput", "ListObjects", "ListingFinished", "AnythingListed", "ProcessObjects"]
    assert [event["type"] for event in events[-6:]] == [
        *("MapStateEntered", "MapStateStarted", "MapRunStarted"),
        *("MapRunFailed", "MapStateFailed", "ExecutionFailed"),
    ]
    assert events[-1]["executionFailedEventDetails"]["error"] == "States.ExceedToleratedFailureThreshold"
