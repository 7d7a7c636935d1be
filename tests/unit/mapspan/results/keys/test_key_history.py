"""All that is known of one key: the next command, its batch in a sentence, and the same as JSON."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mapspan.results.keys.key_history import KeyHistory
from mapspan.results.keys.key_log import KeyLog, Try
from mapspan.results.keys.key_outcome import Child, KeyOutcome
from mapspan.results.keys.key_search import ListedAt
from mapspan.results.keys.log_line import LogLine
from tests.fixtures.finished_runs import STARTED, finished_run, map_run
from tests.fixtures.nasty_keys import NASTY_KEYS

CHILD = Child(
    name="child",
    arn="arn:child",
    status="FAILED",
    keys=1_000,
    redrives=2,
    started=STARTED,
    stopped=STARTED + timedelta(seconds=65),
)
SUCCEEDED = replace(CHILD, arn=None, status="SUCCEEDED", redrives=None)
NEVER_TRIED = Child(name="child", arn="arn:child", status="PENDING", keys=7, redrives=0, started=None, stopped=None)
FAILED = KeyOutcome(key="a", outcome="failed", error="E", cause="because", request_id="r-1", child=CHILD)


def history(outcome: KeyOutcome = FAILED, **changes: Any) -> KeyHistory:
    fields: dict[str, Any] = {
        "environment": "prod",
        "run": finished_run(),
        "listed_at": None,
        "tries": None,
        "log": KeyLog(key=outcome.key, tries=[]),
        "missing": None,
    }
    return KeyHistory(outcome=outcome, **fields | changes)


@pytest.mark.parametrize(
    ("outcome", "map_run_status", "redrivable", "command"),
    [
        ("succeeded", "FAILED", True, None),
        ("skipped", "FAILED", True, None),
        ("failed", "SUCCEEDED", True, "retry"),
        ("failed", "FAILED", True, "redrive"),
        ("pending", "ABORTED", True, "redrive"),
        ("pending", "FAILED", False, "retry"),
        ("unknown", "SUCCEEDED", False, "retry"),
    ],
)
def test_the_next_command_is_a_redrive_only_of_a_map_run_that_ended_early(
    outcome: Any, map_run_status: str, redrivable: bool, command: str | None
) -> None:
    run = finished_run(map_run=map_run(status=map_run_status), redrivable=redrivable)
    shown = history(KeyOutcome(key="a", outcome=outcome), run=run).retry_command
    assert shown == (command and f"mapspan {command} prod night")


def test_a_run_that_ended_before_its_map_is_retried() -> None:
    run = finished_run(map_run=None, redrivable=True)
    assert history(KeyOutcome(key="a", outcome="pending"), run=run).retry_command == "mapspan retry prod night"


@pytest.mark.parametrize("key", NASTY_KEYS, ids=ascii)
def test_the_command_for_this_key_alone_writes_a_key_list_that_names_it(key: str, tmp_path: Path) -> None:
    command = history(KeyOutcome(key=key, outcome="failed")).this_key_command
    write, _, run = command.partition(" && ")
    assert run == "mapspan run prod --keys key.jsonl"
    subprocess.run(["sh", "-c", write], cwd=tmp_path, check=True)  # noqa: S603, S607 - the command is written for a shell
    assert json.loads((tmp_path / "key.jsonl").read_text(encoding="utf-8")) == {"Key": key}
    assert shlex.split(write)[0] == "printf"


@pytest.mark.parametrize(
    ("outcome", "tries", "sentence"),
    [
        (
            FAILED,
            3,
            "1,000 keys, FAILED, 2026-11-21 02:00:00 to 02:01:05, 2 redrives, 3 calls of the function in its history"
            "\narn:child",
        ),
        (FAILED, None, "1,000 keys, FAILED, 2026-11-21 02:00:00 to 02:01:05, 2 redrives\narn:child"),
        (
            KeyOutcome(key="a", outcome="failed", child=replace(NEVER_TRIED, status="FAILED", keys=1, redrives=1)),
            1,
            "1 key, FAILED, 1 redrive, 1 call of the function in its history\narn:child",
        ),
        (
            KeyOutcome(key="a", outcome="pending", child=NEVER_TRIED),
            None,
            "7 keys, PENDING, 0 redrives\narn:child",
        ),
        (
            KeyOutcome(key="a", outcome="pending"),
            None,
            "none: no batch got the key",
        ),
        (
            KeyOutcome(key="a", outcome="succeeded", child=SUCCEEDED),
            None,
            "1,000 keys, SUCCEEDED, 2026-11-21 02:00:00 to 02:01:05\nchild",
        ),
        (KeyOutcome(key="a", outcome="unknown"), None, "unknown: the run wrote no results"),
    ],
)
def test_the_batch_is_a_sentence(outcome: KeyOutcome, tries: int | None, sentence: str) -> None:
    assert history(outcome, tries=tries).batch == sentence


def test_the_json_has_everything() -> None:
    line = LogLine(
        time=STARTED, stream="stream", message='{"message": "a key failed", "key": "a", "request_id": "r-1"}'
    )
    other = LogLine(time=STARTED, stream="stream", message="printed")
    listed = ListedAt(part="part-0", line=2, written=STARTED, item={"Key": "a", "Size": 3})
    log = KeyLog(key="a", tries=[Try(request_id="r-1", own=[line], others=[other])])
    as_json = history(listed_at=listed, tries=3, log=log).as_json()
    assert json.loads(json.dumps(as_json)) == {
        "key": "a",
        "run": "night",
        "outcome": "failed",
        "error": "E",
        "cause": "because",
        "result": None,
        "request_id": "r-1",
        "listed": {
            "part": "part-0",
            "line": 2,
            "written": "2026-11-21T02:00:00+00:00",
            "item": {"Key": "a", "Size": 3},
        },
        "child": {
            "name": "child",
            "arn": "arn:child",
            "status": "FAILED",
            "keys": 1_000,
            "redrives": 2,
            "calls": 3,
            "started": "2026-11-21T02:00:00+00:00",
            "stopped": "2026-11-21T02:01:05+00:00",
        },
        "log": [{"request_id": "r-1", "lines": [line.as_json()]}],
        "log_missing": None,
        "retry_command": "mapspan retry prod night",
        "this_key_command": """printf '%s\\n' '{"Key": "a"}' > key.jsonl && mapspan run prod --keys key.jsonl""",
    }


def test_the_json_of_a_key_of_which_nothing_is_recorded_has_empty_fields() -> None:
    as_json = history(KeyOutcome(key="a", outcome="unknown"), missing="the log is deleted").as_json()
    assert (as_json["listed"], as_json["child"], as_json["log"]) == (None, None, [])
    assert as_json["log_missing"] == "the log is deleted"
