"""A run's input says who started it, as far as STS knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from environments.files import load
from mapspan.deployment import Deployment
from mapspan.running.caller import caller
from mapspan.running.execution import Execution
from modules.pipeline.workflow.input_rules import input_rules, refusal
from modules.pipeline.workflow.names import LISTING
from tests.fixtures.fake_caller import OPERATOR, FakeCaller
from tests.fixtures.fake_states import EXECUTION, refused

DEPLOYMENT = Deployment(environment=load("prod"))


class States:
    """Records the input of a start."""

    def __init__(self) -> None:
        self.inputs: list[Any] = []

    def start_execution(self, **request: Any) -> dict[str, Any]:
        self.inputs.append(json.loads(request["input"]))
        return {"executionArn": EXECUTION}


def started(monkeypatch: pytest.MonkeyPatch, fake: FakeCaller, run_input: dict[str, Any]) -> Any:
    states = States()
    monkeypatch.setattr(Deployment, "step_functions", lambda _: states)
    monkeypatch.setattr(Deployment, "sts", lambda _: fake)
    Execution.start(DEPLOYMENT, run_input)
    (sent,) = states.inputs
    return sent


def test_the_input_of_a_run_says_who_started_it_and_the_given_one_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_input = {"prefix": "2026/"}
    assert started(monkeypatch, FakeCaller(), run_input) == {"prefix": "2026/", "started_by": OPERATOR}
    assert run_input == {"prefix": "2026/"}


def test_an_input_that_says_it_already_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert started(monkeypatch, FakeCaller(), {"started_by": "nightly job"}) == {"started_by": "nightly job"}


@pytest.mark.parametrize(
    "error", [refused("AccessDenied"), NoCredentialsError(), EndpointConnectionError(endpoint_url="https://sts")]
)
def test_a_run_starts_even_if_nobody_knows_who_starts_it(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    assert started(monkeypatch, FakeCaller(error=error), {}) == {}


def test_the_longest_arn_is_cut_to_what_an_input_may_have() -> None:
    arn = f"arn:aws:iam::111111111111:user/{'a' * 510}/jane"
    shown = caller(FakeCaller(arn))  # type: ignore[arg-type]  # a fake of STS
    assert shown is not None
    assert shown.endswith("a/jane")
    assert refusal({"started_by": shown}, input_rules(LISTING, allowed=())) is None


def test_sts_is_asked_once_and_not_for_long() -> None:
    """Nothing depends on its answer."""
    config: Any = DEPLOYMENT.sts().meta.config  # botocore's types name no option
    assert config.retries["total_max_attempts"] == 1
    assert config.connect_timeout + config.read_timeout < 10
