"""AWS's checks of a definition, tested with a Step Functions that evaluates each state as the local cloud does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from environments.files import load
from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.progress import Progress
from mapspan.deploying import verified_definition
from mapspan.deploying.definition_checks import definition_checks
from mapspan.deployment import Deployment
from mapspan.main import commands
from modules.asl.nested_states import nested_states
from modules.pipeline.workflow.names import KeySourceName
from modules.terraform_template import json_literal
from tests.fixtures.run_definitions import run_definition
from tests.fixtures.step_functions import Bench, client_error

DIAGNOSTIC = {"severity": "ERROR", "code": "MISSING_END_STATE", "message": "no End", "location": "/States/Done"}


class FakeStepFunctions:
    """Evaluates a state with its mock, and refuses what TestState refuses."""

    def __init__(self, scratch: Path, *, diagnostics: list[dict[str, str]] | None = None, code: str = "") -> None:
        self.requests: list[dict[str, Any]] = []
        self._scratch = scratch
        self._diagnostics = diagnostics or []
        self._code = code

    def validate_state_machine_definition(self, *, definition: str, **_: str) -> dict[str, Any]:
        assert "StartAt" in json.loads(definition)
        return {"result": "FAIL" if self._diagnostics else "OK", "diagnostics": self._diagnostics}

    def test_state(self, **request: Any) -> dict[str, Any]:
        if self._code:
            raise client_error(self._code, "TestState")
        self.requests.append(request)
        state = json.loads(request["definition"])
        mocked = "mock" in request
        assert mocked == (state["Type"] in {"Task", "Map"}), "AWS needs a mock of these, and refuses others"
        assert ("context" in request) == mocked, "AWS takes a Context object only with a mock"
        try:
            self._evaluate(state, request)
        except StateFailure as failure:
            return {"status": "FAILED", "error": failure.error, "cause": failure.cause}
        return {"status": "SUCCEEDED"}

    def _evaluate(self, state: dict[str, Any], request: Mapping[str, Any]) -> None:
        if state["Type"] == "Map":
            fields = ("ItemReader", "ItemBatcher", "ResultWriter", "Items", "MaxConcurrency")
            read = {name: state[name] for name in fields if name in state}
            state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": read} | {
                name: state[name] for name in ("Assign", "Output") if name in state
            }
        if state["Type"] == "Choice":
            [ends] = [{name: {"Type": "Succeed"} for name in _targets(state)}]
        else:
            ends = {}
            state = {**state, "End": True} if state["Type"] in {"Task", "Pass"} else state
            state.pop("Next", None)
        answer = json.loads(request["mock"]["result"]) if "mock" in request else None
        bench = Bench(self._scratch, {"State": state, **ends}, answer=lambda _: answer)
        bench.progress = Progress("State", json.loads(request["input"]), json.loads(request["variables"]))
        bench.run()


def _targets(state: Mapping[str, Any]) -> set[str]:
    return {choice["Next"] for choice in state["Choices"]} | ({state["Default"]} if "Default" in state else set())


def definition(key_source: KeySourceName) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(run_definition(key_source))
    return read


@pytest.mark.parametrize("key_source", get_args(KeySourceName))
def test_every_state_of_every_key_source_passes_with_its_sample(key_source: KeySourceName, tmp_path: Path) -> None:
    client, pauses = FakeStepFunctions(tmp_path), list[float]()
    checks = list(definition_checks(client, definition(key_source), sleep=pauses.append))  # type: ignore[arg-type] # a fake
    assert [check for check in checks if check.verdict != "passed"] == []
    states = [state.name for state in nested_states(definition(key_source))]
    assert [check.state for check in checks] == [None, *states]
    assert pauses == [1.0] * (len(states) - 1), "TestState allows one call a second"


def test_a_wrong_expression_fails_its_state_and_no_other(tmp_path: Path) -> None:
    wrong = definition("listing")
    wrong["States"]["SummarizeRun"]["Output"] = "{% $states.result.Paylod %}"
    client = FakeStepFunctions(tmp_path)
    checks = list(definition_checks(client, wrong, sleep=lambda _: None))  # type: ignore[arg-type] # a fake
    [failed] = [check for check in checks if check.verdict != "passed"]
    assert (failed.state, failed.verdict) == ("SummarizeRun", "failed")
    assert "Paylod" in failed.detail


@pytest.mark.parametrize("code", ["ValidationException", "InvalidDefinition"])
def test_a_refused_state_fails(code: str, tmp_path: Path) -> None:
    client = FakeStepFunctions(tmp_path, code=code)
    [_, *checks] = definition_checks(client, definition("listing"), sleep=lambda _: None)  # type: ignore[arg-type] # a fake
    assert {(check.verdict, check.detail) for check in checks} == {("failed", f"{code}: {code}")}


def test_a_denied_call_is_an_error_and_no_verdict(tmp_path: Path) -> None:
    client = FakeStepFunctions(tmp_path, code="AccessDeniedException")
    with pytest.raises(ClientError):
        list(definition_checks(client, definition("listing"), sleep=lambda _: None))  # type: ignore[arg-type] # a fake


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `mapspan verify-definition local` with a Step Functions."""

    def run(client: FakeStepFunctions, *arguments: str) -> Result:
        def synthesize(outdir: Path) -> None:
            stack = outdir / "stacks" / "local"
            stack.mkdir(parents=True)
            machine = {"definition": json_literal(definition("listing"))}
            content = {"resource": {"aws_sfn_state_machine": {"state_machine": machine}}}
            (stack / "cdk.tf.json").write_text(json.dumps(content))

        deployment = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:1")
        monkeypatch.setattr(verified_definition, "synthesize", synthesize)
        monkeypatch.setattr(verified_definition, "find_deployment", lambda _: deployment)
        monkeypatch.setattr(Deployment, "step_functions", lambda _: client)
        monkeypatch.setattr("mapspan.deploying.definition_checks._TEST_STATE_SECONDS", 0)
        return CliRunner().invoke(commands, ["verify-definition", "local", *arguments])

    return run


def test_the_command_checks_what_a_deploy_would_pass_to_aws(typed: Any, tmp_path: Path) -> None:
    client = FakeStepFunctions(tmp_path)
    done = typed(client)
    assert done.exit_code == 0, done.output
    assert "✓ passed   TestState ProcessBatch" in done.output
    assert done.output.splitlines()[-1].startswith("AWS accepts the definition of local: ")
    sent = [json.loads(request["definition"]) for request in client.requests]
    assert sent == [{**state.state, "QueryLanguage": "JSONata"} for state in nested_states(definition("listing"))]


def test_a_diagnostic_is_shown_with_its_place_and_the_exit_code_is_1(typed: Any, tmp_path: Path) -> None:
    done = typed(FakeStepFunctions(tmp_path, diagnostics=[DIAGNOSTIC]))
    assert done.exit_code == 1
    assert "MISSING_END_STATE: no End at /States/Done" in done.output
    assert "the definition of local is wrong: 1 of " in done.output


def test_a_call_that_the_cloud_does_not_have_is_named(typed: Any, tmp_path: Path) -> None:
    done = typed(FakeStepFunctions(tmp_path, code="UnknownOperationException"))
    assert done.exit_code == 0
    assert "the local cloud does not have TestState: these checks were not made" in done.output


def test_json_is_one_object_for_each_check(typed: Any, tmp_path: Path) -> None:
    first, *others = [json.loads(line) for line in typed(FakeStepFunctions(tmp_path), "--json").stdout.splitlines()]
    assert first == {"call": "ValidateStateMachineDefinition", "state": None, "verdict": "passed", "detail": ""}
    assert {check["call"] for check in others} == {"TestState"}


def test_the_local_cloud_is_called_at_its_one_address() -> None:
    """On AWS, TestState has a host of its own."""

    class Sent(Exception):  # noqa: N818 - it carries the address
        pass

    def stop(request: Any, **_: Any) -> None:
        raise Sent(request.url)

    client = Deployment(environment=load("local"), local_cloud_url="http://127.0.0.1:1").step_functions()
    client.meta.events.register("before-send.*.*", stop)
    with pytest.raises(Sent, match=r"^http://127\.0\.0\.1:1/$"):
        client.test_state(definition="{}")
