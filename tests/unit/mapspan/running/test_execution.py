"""An execution is started only once, and an outcome has the ledger if the run has one."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError
from rich.console import Console

from environments.files import load
from mapspan.deployment import Deployment
from mapspan.running.execution import Execution, Outcome
from mapspan.running.outcome_display import outcome_line, show_outcome
from mapspan.running.progress import ItemCounts, Progress
from modules.pipeline.workflow.names import SUMMARIZE_RUN
from tests.fixtures.fake_states import EXECUTION, FakeStates

LEDGER = {"listed": 10, "succeeded": 5, "skipped": 0, "failed": 5, "pending": 0}


def test_a_start_is_sent_again_with_the_same_name_if_its_answer_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:9")
    client, sent = deployment.step_functions(), []

    def answer(request: Any, **_: Any) -> Any:
        sent.append(json.loads(request.body))
        if len(sent) == 1:
            raise ConnectionClosedError(endpoint_url=request.url)
        response: Any = AWSResponse(request.url, 200, HTTPHeaders(), io.BytesIO())
        response._content = json.dumps({"executionArn": EXECUTION, "startDate": 0}).encode()
        return response

    client.meta.events.register("before-send.sfn.StartExecution", answer)
    monkeypatch.setattr(Deployment, "step_functions", lambda _: client)
    assert Execution.start(deployment, {}).name == "night"
    assert sent[0] == sent[1]
    assert len(sent[0]["name"]) == 36


@pytest.mark.parametrize(("checkpoint", "ledger"), [(None, LEDGER), ({"file": 3}, None)])
def test_a_run_that_failed_its_verdict_has_the_ledger_of_its_summary(checkpoint: object, ledger: object) -> None:
    output = json.dumps({"checkpoint": checkpoint, "ledger": LEDGER})
    states: Any = FakeStates(["FAILED"])
    states.events = [
        {"type": "ExecutionFailed"},
        {"type": "TaskStateExited", "stateExitedEventDetails": {"name": SUMMARIZE_RUN, "output": output}},
    ]
    outcome = Execution(EXECUTION, states).outcome()
    assert outcome.ledger == ledger
    assert outcome.seconds == 100


def test_an_outcome_shows_the_reasons_of_skipped_keys_with_their_hidden_characters() -> None:
    stream = io.StringIO()
    outcome = Outcome(
        status="SUCCEEDED", seconds=1, map_run_arns=(), summary={"skips": {"not a CSV": 2_000, "\x1b[31m\n": 1}}
    )
    show_outcome(outcome, Console(file=stream))
    assert stream.getvalue() == "  skips     not a CSV 2,000, ␛[31m␊ 1\n"


def test_without_a_ledger_the_counts_are_labelled_as_those_of_step_functions() -> None:
    outcome = Outcome(status="ABORTED", seconds=1, map_run_arns=("arn",))
    items = ItemCounts(total=5, succeeded=2, pending=3)
    last = Progress(status="ABORTED", phase="ended", seconds=1, map_run_arns=("arn",), items=items)
    assert outcome_line(outcome, last).endswith("Step Functions counted items: 5 = succeeded 2 + failed 0 + pending 3")
