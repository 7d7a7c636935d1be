"""The function's log: failures by key, whole invocations, and what retention has deleted."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from mapspan.results.keys.function_log import FunctionLog, Retention
from mapspan.results.keys.key_log import KeyLog, LogSearch, WantedKey
from mapspan.results.keys.key_log_display import json_lines, text_lines
from tests.fixtures.fake_logs import FakeLogs
from tests.fixtures.finished_runs import STARTED

GROUP = "/aws/lambda/mapspan-example-process-objects"
FIRST, LAST = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
ENDED = STARTED + timedelta(seconds=180)


def started_line(request_id: str, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"type": "platform.start", "record": {"requestId": request_id}})
    return f"START RequestId: {request_id} Version: $LATEST"


def ended_line(request_id: str, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"type": "platform.report", "record": {"requestId": request_id}})
    return f"REPORT RequestId: {request_id}\tDuration: 3 ms"


@pytest.fixture(params=[True, False], ids=["json", "text"])
def logs(request: pytest.FixtureRequest) -> FakeLogs:
    """Two invocations in one stream: key `a/1` failed in both, `a/2` only in the first."""
    logs = FakeLogs(GROUP)
    for number, request_id in enumerate((FIRST, LAST)):
        at = STARTED + timedelta(seconds=10 * (number + 1))
        logs.write(at, "stream", started_line(request_id, as_json=request.param))
        logs.write(at, "stream", f"printed in try {number}\n")
        for key in ("a/1", "a/2")[: 2 - number]:
            logs.write_failure(
                at,
                "stream",
                run="night",
                key=key,
                request_id=request_id,
                error="ProcessorFailed",
                cause=f"ValueError: {key}",
                traceback=f"Traceback …\nValueError: {key} in try {number}\n",
            )
        logs.write(at + timedelta(seconds=3), "stream", ended_line(request_id, as_json=request.param))
    logs.write_failure(STARTED + timedelta(seconds=50), "other", run="night-2", key="a/1", request_id=FIRST)
    return logs


def read(logs: FakeLogs, *wanted: WantedKey) -> list[KeyLog]:
    return LogSearch(FunctionLog(logs.client, GROUP), run="night", started=STARTED, ended=ENDED).of(wanted)


def test_a_key_has_each_of_its_tries_with_what_the_job_printed_in_it(logs: FakeLogs) -> None:
    (key_log,) = read(logs, WantedKey(key="a/1"))
    assert [one.request_id for one in key_log.tries] == [FIRST, LAST]
    for number, one in enumerate(key_log.tries):
        assert [line.text.splitlines()[-1] for line in one.own] == [f"ValueError: a/1 in try {number}"]
        assert [line.text for line in one.others][1] == f"printed in try {number}"
        assert len(one.others) == 3, "start, print and report, of this invocation alone"


def test_the_search_ends_as_soon_as_the_last_try_of_each_key_was_seen(logs: FakeLogs) -> None:
    (key_log,) = read(logs, WantedKey(key="a/2", request_id=FIRST))
    assert [one.request_id for one in key_log.tries] == [FIRST]
    search = [request for request in logs.requests if "a key failed" in request.get("filterPattern", "")]
    assert len(search) == 2, "of five pages"


def test_a_function_that_was_killed_is_found_by_its_request_id(logs: FakeLogs) -> None:
    (key_log,) = read(logs, WantedKey(key="never logged", request_id=LAST))
    assert [one.request_id for one in key_log.tries] == [LAST]
    assert "printed in try 1" in [line.text for line in key_log.tries[0].others]


def test_a_key_without_a_line_has_no_try(logs: FakeLogs) -> None:
    assert read(logs, WantedKey(key="a")) == [KeyLog(key="a", tries=[])]


def test_without_results_the_log_names_the_failed_keys(logs: FakeLogs) -> None:
    search = LogSearch(FunctionLog(logs.client, GROUP), run="night", started=STARTED, ended=ENDED)
    assert search.failed_keys(1) == ([WantedKey(key="a/1")], 2)


def test_the_lines_that_keys_share_are_printed_once_and_no_line_speaks_for_itself() -> None:
    logs = FakeLogs(GROUP)
    logs.write(STARTED, "stream", started_line(FIRST, as_json=False))
    logs.write(STARTED, "stream", "\x1b[2Jcleared")
    for key in ("a/1", "a/2"):
        logs.write_failure(STARTED, "stream", run="night", key=key, request_id=FIRST, error="E", cause="\x1b]0;c")
    shown: set[str] = set()
    first, second = (
        "\n".join(text_lines(one, shown)) for one in read(logs, *(WantedKey(key=key) for key in ("a/1", "a/2")))
    )
    assert "\x1b" not in first + second
    assert "␛[2Jcleared" in first
    assert "cleared" not in second
    assert "are above" in second


def test_json_has_each_line_with_its_key_and_request_id(logs: FakeLogs) -> None:
    (key_log,) = read(logs, WantedKey(key="a/2"))
    lines = [json.loads(line) for line in json_lines(key_log)]
    assert {(line["key"], line["request_id"]) for line in lines} == {("a/2", FIRST)}
    assert [json.loads(line["message"])["key"] for line in lines if line["own"]] == ["a/2"]


@pytest.mark.parametrize(
    ("retention", "says"),
    [
        (Retention(group=GROUP, days=None), None),
        (Retention(group=GROUP, days=30), None),
        (Retention(group=GROUP, days=5), "the log of this run is deleted: .* for 5 days, and the run ended"),
        (Retention(group=GROUP, days=None, exists=False), "does not exist"),
    ],
)
def test_retention_says_what_is_deleted(retention: Retention, says: str | None) -> None:
    sentence = retention.deleted(STARTED, ENDED, ENDED + timedelta(days=10))
    assert sentence is None if says is None else re.search(says, str(sentence))


def test_retention_may_have_deleted_only_the_beginning() -> None:
    retention = Retention(group=GROUP, days=1)
    sentence = retention.deleted(STARTED, ENDED, STARTED + timedelta(days=1, seconds=60))
    assert str(sentence).startswith("the log of this run before 2026-11-21 02:01 UTC is deleted")


@pytest.mark.parametrize("group", [GROUP, None])
def test_the_log_group_is_found_by_its_whole_name(group: str | None) -> None:
    retention = FunctionLog(FakeLogs(group, retention_days=14).client, GROUP).retention()
    assert (retention.exists, retention.days) == ((True, 14) if group else (False, None))
