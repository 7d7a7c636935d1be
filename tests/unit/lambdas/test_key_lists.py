"""The functions and the workflow agree on where key lists are: a function's package can't import from `modules`."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from typing import Any

from lambdas.shared.batch_record import RESULTS, results_key
from lambdas.shared.key_lists import KEY_LISTS, listed_prefix, retry_prefix
from modules.pipeline.buckets import WRITTEN_BY_RUNS
from modules.pipeline.workflow import names
from modules.pipeline.workflow.verdict import nothing_to_process
from modules.statements.functions import list_objects, process_objects, summarize_run
from tests.fixtures.finished_runs import finished_run


def test_key_lists_lie_where_the_workflow_says() -> None:
    assert KEY_LISTS == names.KEY_LISTS


def test_the_worker_may_write_results_where_the_workflow_says_and_they_expire() -> None:
    needs = process_objects(source_bucket_arn="arn:source", prefixes=[""], runs_bucket_arn="arn:runs")
    (statement,) = needs["write-results"]
    key = results_key(run="night", child="child", request_id="request")
    assert RESULTS == names.RESULTS
    assert RESULTS in WRITTEN_BY_RUNS
    assert key.startswith(RESULTS)
    assert fnmatch(f"arn:runs/{key}", str(statement["Resource"]))


def test_the_command_line_finds_the_key_lists_of_a_run() -> None:
    run = finished_run(name="night")
    assert run.key_list == listed_prefix("night")
    assert run.retry_list == retry_prefix("night")


def test_a_run_without_keys_names_the_retry_list_that_it_would_have() -> None:
    state: Any = nothing_to_process()[names.NOTHING_TO_PROCESS]
    prefix = retry_prefix("' & $states.context.Execution.Name & '")
    assert state["Output"]["retry"]["prefix"] == f"{{% '{prefix}' %}}"


def test_the_functions_may_write_only_their_own_key_lists() -> None:
    listing = list_objects(source_bucket_arn="arn:source", prefixes=[""], runs_bucket_arn="arn:runs", runs_key_arn=None)
    summary = summarize_run(runs_bucket_arn="arn:runs", runs_key_arn=None)
    for statements, own, other in (
        (listing, listed_prefix("night"), retry_prefix("night")),
        (summary, retry_prefix("night"), listed_prefix("night")),
    ):
        writable = [
            statement["Resource"]
            for needs in json.loads(json.dumps(statements)).values()
            for statement in needs
            if "s3:PutObject" in statement["Action"]
        ]
        assert any(fnmatch(f"arn:runs/{own}part-000-00000.jsonl", pattern) for pattern in writable)
        assert not any(fnmatch(f"arn:runs/{other}part-000-00000.jsonl", pattern) for pattern in writable)
