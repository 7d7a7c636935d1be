"""Faults that strike a run: no key is lost or counted twice in its ledger. The table is docs/faults.md."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_cloud.detached import RECORD
from mapspan.running.execution import Execution
from mapspan.running.progress import Progress
from tests.e2e.conftest import Cloud
from tests.e2e.ledgers import all_succeeded, times_in_results
from tests.e2e.replaced_lister import lister_that
from tests.e2e.variants import POLL_SECONDS

# Functions run on this machine: a file remembers that a fault has struck, or lets held keys go on.
KILLS_ITSELF_ONCE = """
import os, pathlib, signal, time
STRUCK = pathlib.Path({struck!r})
def process(obj):
    if obj.key.endswith("/0150") and not STRUCK.exists():
        STRUCK.touch()
        time.sleep(0.2)  # others of its batch are done or under way
        os.kill(os.getpid(), signal.SIGKILL)
    return {{}}
"""

KILLS_ITSELF_ALWAYS = """
import os, signal
def process(obj):
    if obj.key.endswith("/0405"):
        os.kill(os.getpid(), signal.SIGKILL)
    return {}
"""

HOLDS_THE_LAST_BATCH = """
import pathlib, time
def process(obj):
    while obj.key.endswith("/0405") and not pathlib.Path({gate!r}).exists():
        time.sleep(0.02)
    return {{}}
"""

# The results are written, and no answer names them.
DIES_ONCE_WITH_RESULTS = """
import os, pathlib
from process_objects import batch
STRUCK = pathlib.Path({struck!r})
_write = batch.write_results

def _write_and_die(*arguments):
    written = _write(*arguments)
    if not STRUCK.exists():
        STRUCK.touch()
        os._exit(1)
    return written

batch.write_results = _write_and_die

def process(obj):
    return {{"text": obj.key * 3_600}}
"""

# The whole key list is written, and a wrong part beside it; then the function dies. Once the second attempt has written
# everything, a wrong part of the first one arrives: Step Functions can't end an invocation.
LISTS_THEN_DIES_ONCE = """

import pathlib
_STRUCK = pathlib.Path({struck!r})
_list_objects = handler

def handler(event, context):
    answer = _list_objects(event, context)
    first, own = not _STRUCK.exists(), answer["key_list"]["prefix"]
    wrong = b'{{"Key": "2026/listing/0001"}}\\n{{"Key": "2026/listing/not-there"}}\\n'
    shard = own if first else _STRUCK.read_text()
    LISTING._runs.put_object(Bucket=ENVIRONMENT.runs_bucket, Key=shard + "part-00099.jsonl", Body=wrong)
    if first:
        _STRUCK.write_text(own)
        os._exit(1)
    return answer
"""

# The command line; its first argument is the directory with the record of a started local cloud.
MAPSPAN = """
import sys
from pathlib import Path
from mapspan import deployment, main
deployment.LOCAL_CLOUD = Path(sys.argv.pop(1))
main.app()
"""


def keys_below(cloud: Cloud, prefix: str, count: int) -> list[str]:
    keys = [f"{prefix}{number:04}" for number in range(count)]
    cloud.put(dict.fromkeys(keys, b"x"))
    return keys


def wait_until(execution: Execution, reached: Callable[[Progress], bool]) -> Progress:
    for look in execution.follow(poll_seconds=POLL_SECONDS):
        if reached(look):
            return look
        assert not look.ended, look
    raise AssertionError("it ended without a last look")


def test_a_worker_killed_in_the_middle_of_a_batch_runs_it_again(cloud: Cloud, tmp_path: Path) -> None:
    keys, struck = keys_below(cloud, "2026/killed-once/", 300), tmp_path / "struck"
    with cloud.job(KILLS_ITSELF_ONCE.format(struck=str(struck))):
        outcome = cloud.run({"prefix": "2026/killed-once/"})
    assert struck.exists()
    assert outcome.status == "SUCCEEDED"
    assert outcome.ledger == all_succeeded(300)
    assert times_in_results(cloud, outcome) == Counter(keys)


def test_a_worker_killed_at_every_try_costs_its_batch_which_is_kept_to_retry(cloud: Cloud) -> None:
    keys = keys_below(cloud, "2026/killed-always/", 410)  # the last batch holds ten
    with cloud.job(KILLS_ITSELF_ALWAYS):
        outcome = cloud.run({"prefix": "2026/killed-always/"})
    assert outcome.status == "SUCCEEDED", "10 of 410 are within the tolerated 5 percent"
    assert outcome.ledger == {"listed": 410, "succeeded": 400, "skipped": 0, "failed": 10, "pending": 0}
    assert outcome.output["failures"] == {"Runtime.ExitError": 10}
    kept = [line["Key"] for line in cloud.lines(outcome.output["retry"]["prefix"])]
    assert Counter(kept) + times_in_results(cloud, outcome) == Counter(keys)

    again = cloud.run({"key_list": {"prefix": outcome.output["retry"]["prefix"]}})
    assert again.ledger == all_succeeded(10)
    assert times_in_results(cloud, again) == Counter(kept)


def test_a_run_waits_until_throttling_ends(cloud: Cloud) -> None:
    keys = keys_below(cloud, "2026/throttled/", 300)
    name = f"{cloud.deployment.environment.prefix}-process-objects"
    cloud.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        with pytest.raises(cloud.functions.exceptions.TooManyRequestsException):
            cloud.functions.invoke(FunctionName=name, Payload=b'{"Items": []}')
        execution = cloud.start({"prefix": "2026/throttled/"})
        wait_until(execution, lambda look: look.items.running > 0)
        time.sleep(1)
        assert wait_until(execution, lambda _: True).items.ended == 0
    finally:
        cloud.functions.delete_function_concurrency(FunctionName=name)
    outcome = cloud.finish(execution)
    assert outcome.status == "SUCCEEDED"
    assert outcome.ledger == all_succeeded(300)
    assert times_in_results(cloud, outcome) == Counter(keys)


def test_a_listing_that_died_is_repeated_and_its_leftovers_are_deleted(cloud: Cloud, tmp_path: Path) -> None:
    keys = keys_below(cloud, "2026/listing/", 150)
    with lister_that(LISTS_THEN_DIES_ONCE.format(struck=str(tmp_path / "struck")), cloud):
        execution = cloud.start({"prefix": "2026/listing/"})
        retried = wait_until(execution, lambda look: look.trouble is not None)
        whole_list = f"key-lists/{execution.name}/listed/"
        left = Counter(line["Key"] for line in cloud.lines(whole_list))
        assert left == {**Counter(keys), "2026/listing/0001": 2, "2026/listing/not-there": 1}
        outcome = cloud.finish(execution)
    assert Counter(line["Key"] for line in cloud.lines(whole_list)) == left, "of the first attempt, only the late part"
    assert retried.trouble == "listing failed with Runtime.ExitError and is being retried"
    assert outcome.status == "SUCCEEDED"
    assert outcome.ledger == all_succeeded(150)
    assert times_in_results(cloud, outcome) == Counter(keys)


def test_results_denied_half_way_fail_the_run_and_nothing_is_lost(cloud: Cloud, tmp_path: Path) -> None:
    keys, gate = keys_below(cloud, "2026/denied-half-way/", 410), tmp_path / "gate"
    with cloud.job(HOLDS_THE_LAST_BATCH.format(gate=str(gate))):
        execution = cloud.start({"prefix": "2026/denied-half-way/"})
        wait_until(execution, lambda look: look.items.succeeded == 400)
        with cloud.without_role_policy("mapspan-local-state-machine", "write-results"):
            gate.touch()
            stopped = cloud.finish(execution)
    assert (stopped.status, stopped.error) == ("FAILED", "States.ResultWriterFailed")
    assert stopped.ledger is None, "none, rather than a wrong one"

    whole = cloud.run({"key_list": {"prefix": f"key-lists/{execution.name}/listed/"}})
    assert whole.ledger == all_succeeded(410)
    assert times_in_results(cloud, whole) == Counter(keys)

    cloud.deployment.step_functions().redrive_execution(executionArn=execution.arn)
    redriven = cloud.finish(execution)
    assert redriven.ledger == all_succeeded(410)
    assert times_in_results(cloud, redriven) == Counter(keys)


def test_results_that_a_worker_left_before_it_died_do_not_count(cloud: Cloud, tmp_path: Path) -> None:
    keys, struck = keys_below(cloud, "2026/left/", 110), tmp_path / "struck"
    with cloud.job(DIES_ONCE_WITH_RESULTS.format(struck=str(struck))):
        outcome = cloud.run({"prefix": "2026/left/"})
    assert struck.exists()
    assert outcome.ledger == all_succeeded(110)
    results = cloud.results(outcome)
    assert Counter(line["Key"] for line in results) == Counter(keys)
    assert all(line["Result"]["text"] == line["Key"] * 3_600 for line in results), (
        "5 MB a batch, twenty times a response"
    )


def test_a_batch_whose_results_are_denied_fails_at_once_and_is_kept_to_retry(cloud: Cloud, tmp_path: Path) -> None:
    keys, gate = keys_below(cloud, "2026/refused/", 405), tmp_path / "gate"
    keys.append("2026/refused/0405")
    cloud.put({keys[-1]: b"x"})
    with cloud.job(HOLDS_THE_LAST_BATCH.format(gate=str(gate))):
        execution = cloud.start({"prefix": "2026/refused/"})
        wait_until(execution, lambda look: look.items.succeeded == 400)
        with cloud.without_role_policy("mapspan-local-process-objects", "write-results"):
            gate.touch()
            outcome = cloud.finish(execution)
    assert outcome.output["failures"] == {"ResultsRefused": 6}
    assert outcome.ledger == {"listed": 406, "succeeded": 400, "skipped": 0, "failed": 6, "pending": 0}
    kept = [line["Key"] for line in cloud.lines(outcome.output["retry"]["prefix"])]
    assert Counter(kept) + times_in_results(cloud, outcome) == Counter(keys)


def test_a_watcher_killed_and_started_again_shows_the_whole_ledger(cloud: Cloud, tmp_path: Path) -> None:
    keys, gate = keys_below(cloud, "2026/watcher/", 410), tmp_path / "gate"
    record = {"endpoint_url": cloud.local.endpoint_url, "pid": os.getpid()}
    (tmp_path / RECORD).write_text(json.dumps(record))
    with cloud.job(HOLDS_THE_LAST_BATCH.format(gate=str(gate))):
        execution = cloud.start({"prefix": "2026/watcher/"})
        with watcher(tmp_path, execution.name) as killed:
            seen = look(killed)
            killed.send_signal(signal.SIGKILL)
        with watcher(tmp_path, execution.name) as again:
            assert seen["status"] == look(again)["status"] == "RUNNING"
            gate.touch()
            out, _ = again.communicate()
    ended = json.loads(out.splitlines()[-1])
    assert (again.returncode, ended["ledger"]) == (0, all_succeeded(410))
    assert times_in_results(cloud, execution.outcome()) == Counter(keys)


def watcher(record: Path, execution: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAPSPAN, str(record), "watch", "local", execution, "--json"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(record)}  # where it remembers the run's name
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)  # noqa: S603 - our own command line


def look(watcher: subprocess.Popen[str]) -> dict[str, Any]:
    assert watcher.stdout is not None
    shown: dict[str, Any] = json.loads(watcher.stdout.readline())
    return shown
