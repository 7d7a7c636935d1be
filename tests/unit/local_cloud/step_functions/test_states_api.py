"""The States API, called as MiniStack calls it, with IAM and the Tasks faked."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from local_cloud.step_functions.caller import Caller
from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.server import actions, answer
from local_cloud.step_functions.store import Store
from tests.fixtures.step_functions import ACCOUNT, REGION, FakeRole, FakeRoles, FakeTasks

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:machine"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
LOGGING = {
    "level": "ERROR",
    "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:x:*"}}],
}


def definition(state: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}, **fields})


MAP = {
    "Type": "Map",
    "Label": "Each",
    "MaxConcurrency": 1,
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Work",
        "States": {"Work": TASK},
    },
    "End": True,
}


class Api:
    """Calls by name; a refusal is raised as `Refused`."""

    def __init__(self, scratch: Path) -> None:
        self.tasks = FakeTasks(lambda arguments: arguments)
        self.role = FakeRole()
        self._actions = actions(Store(scratch), self.tasks, FakeRoles(self.role))

    def __call__(self, action: str, **request: Any) -> dict[str, Any]:
        status, body = answer(self._actions, action, request, Caller(ACCOUNT, REGION))
        if status != 200:
            raise Refused(body["__type"], body["message"])
        return body

    def create(self, text: str, **fields: Any) -> str:
        arn: str = self("CreateStateMachine", name="machine", roleArn=ROLE, definition=text, **fields)[
            "stateMachineArn"
        ]
        return arn

    def wait_for_end(self, arn: str) -> dict[str, Any]:
        deadline = time.monotonic() + 5
        while (execution := self("DescribeExecution", executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return execution

    def execute(self, **request: Any) -> dict[str, Any]:
        return self.wait_for_end(self("StartExecution", stateMachineArn=MACHINE, **request)["executionArn"])


class Refused(Exception):  # noqa: N818 - what the tests look for
    pass


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return Api(tmp_path)


def test_a_machine_is_described_as_it_was_created(api: Api) -> None:
    text = definition({"Type": "Pass", "End": True})
    tracing = {"enabled": True}
    api.create(text, loggingConfiguration=LOGGING, tracingConfiguration=tracing, tags=[{"key": "a", "value": "b"}])
    machine = api("DescribeStateMachine", stateMachineArn=MACHINE)
    assert (machine["definition"], machine["roleArn"], machine["type"]) == (text, ROLE, "STANDARD")
    assert (machine["loggingConfiguration"], machine["tracingConfiguration"]) == (LOGGING, tracing)
    assert api("ListTagsForResource", resourceArn=MACHINE) == {"tags": [{"key": "a", "value": "b"}]}
    assert [machine["name"] for machine in api("ListStateMachines")["stateMachines"]] == ["machine"]


def test_creating_the_same_machine_again_changes_nothing_and_a_different_one_is_refused(api: Api) -> None:
    text = definition({"Type": "Pass", "End": True})
    created = api("CreateStateMachine", name="machine", roleArn=ROLE, definition=text)
    assert api("CreateStateMachine", name="machine", roleArn=ROLE, definition=text) == created
    with pytest.raises(Refused, match="StateMachineAlreadyExists"):
        api.create(definition({"Type": "Succeed"}))


def test_update_changes_the_fields_in_the_request_and_keeps_the_others(api: Api) -> None:
    api.create(definition({"Type": "Pass", "End": True}), loggingConfiguration=LOGGING, tags=[{"key": "a"}])
    text = definition({"Type": "Succeed"})
    api("UpdateStateMachine", stateMachineArn=MACHINE, definition=text)
    machine = api("DescribeStateMachine", stateMachineArn=MACHINE)
    assert (machine["definition"], machine["loggingConfiguration"]) == (text, LOGGING)
    assert api("ListTagsForResource", resourceArn=MACHINE)["tags"] == [{"key": "a", "value": ""}]
    with pytest.raises(Refused, match="MissingRequiredParameter"):
        api("UpdateStateMachine", stateMachineArn=MACHINE)


def test_versions_are_listed_newest_first(api: Api) -> None:
    api.create(definition({"Type": "Pass", "End": True}), publish=True)
    api("UpdateStateMachine", stateMachineArn=MACHINE, definition=definition({"Type": "Succeed"}), publish=True)
    versions = api("ListStateMachineVersions", stateMachineArn=MACHINE)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in versions] == [f"{MACHINE}:2", f"{MACHINE}:1"]


def test_tags_can_be_added_and_removed(api: Api) -> None:
    api.create(definition({"Type": "Pass", "End": True}))
    api("TagResource", resourceArn=MACHINE, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    api("UntagResource", resourceArn=MACHINE, tagKeys=["a"])
    assert api("ListTagsForResource", resourceArn=MACHINE)["tags"] == [{"key": "b", "value": "2"}]


def test_a_deleted_machine_no_longer_exists_and_can_be_deleted_again(api: Api) -> None:
    api.create(definition({"Type": "Pass", "End": True}))
    for _ in range(2):
        api("DeleteStateMachine", stateMachineArn=MACHINE)
    with pytest.raises(Refused, match="StateMachineDoesNotExist"):
        api("DescribeStateMachine", stateMachineArn=MACHINE)


def test_logging_needs_a_role_that_may_deliver_logs(api: Api) -> None:
    api.role.refused = {"logs:CreateLogDelivery"}
    with pytest.raises(Refused, match=r"AccessDeniedException.*not authorized to access the Log Destination"):
        api.create(definition({"Type": "Pass", "End": True}), loggingConfiguration=LOGGING)
    api.create(definition({"Type": "Pass", "End": True}))


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("CreateStateMachine", {"name": "a b", "roleArn": ROLE, "definition": "{}"}, "InvalidName"),
        ("CreateStateMachine", {"name": "a", "roleArn": ROLE, "definition": "{}"}, "InvalidDefinition"),
        ("CreateStateMachine", {"name": "a", "definition": "{}"}, "ValidationException"),
        ("DescribeStateMachine", {"stateMachineArn": "nonsense"}, "InvalidArn"),
        ("DescribeStateMachine", {"stateMachineArn": f"{MACHINE}2"}, "StateMachineDoesNotExist"),
        ("StartExecution", {"stateMachineArn": f"{MACHINE}2"}, "StateMachineDoesNotExist"),
        ("DescribeExecution", {"executionArn": "nonsense"}, "InvalidArn"),
        ("DescribeExecution", {"executionArn": MACHINE.replace("stateMachine", "execution") + ":x"}, "ExecutionDoes"),
        ("DescribeMapRun", {"mapRunArn": MACHINE.replace("stateMachine", "mapRun") + "/L:x"}, "ResourceNotFound"),
        ("ListTagsForResource", {"resourceArn": f"{MACHINE}2"}, "ResourceNotFound"),
        ("ListStateMachines", {"nextToken": "?"}, "InvalidToken"),
        ("SendTaskSuccess", {}, "UnknownOperationException"),
    ],
)
def test_refusals_have_the_names_that_aws_uses(api: Api, action: str, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        api(action, **fields)


def test_validation_reports_problems_without_creating_anything(api: Api) -> None:
    good = api("ValidateStateMachineDefinition", definition=definition({"Type": "Pass", "End": True}))
    bad = api("ValidateStateMachineDefinition", definition=definition({"Type": "Pass", "Next": "Nowhere"}))
    assert (good["result"], good["diagnostics"]) == ("OK", [])
    assert bad["result"] == "FAIL"
    assert bad["diagnostics"][0]["code"] == "SCHEMA_VALIDATION_FAILED"
    assert "Nowhere" in bad["diagnostics"][0]["message"]
    assert api("ListStateMachines")["stateMachines"] == []


def test_an_execution_is_described_with_its_input_and_output(api: Api) -> None:
    api.create(definition({"Type": "Pass", "Output": "{% $states.input.x %}", "End": True}))
    execution = api.execute(name="one", input='{"x": "é"}')
    assert (execution["status"], execution["input"], json.loads(execution["output"])) == (
        "SUCCEEDED",
        '{"x": "é"}',
        "é",
    )
    assert execution["executionArn"] == f"arn:aws:states:{REGION}:{ACCOUNT}:execution:machine:one"
    assert (execution["redriveStatus"], execution["redriveCount"]) == ("NOT_REDRIVABLE", 0)


def test_starting_again_by_name_returns_the_running_execution_and_is_refused_afterwards(api: Api) -> None:
    api.create(definition({"Type": "Wait", "Seconds": 30, "End": True}))
    request = {"stateMachineArn": MACHINE, "name": "one", "input": "{}"}
    arn = api("StartExecution", **request)["executionArn"]
    assert api("StartExecution", **request)["executionArn"] == arn
    with pytest.raises(Refused, match="ExecutionAlreadyExists"):
        api("StartExecution", **{**request, "input": "[]"})
    api("StopExecution", executionArn=arn)
    with pytest.raises(Refused, match="ExecutionAlreadyExists"):
        api("StartExecution", **request)


@pytest.mark.parametrize(
    ("text", "code"), [("{", "InvalidExecutionInput"), (f'"{"x" * 262_143}"', "ValidationException")]
)
def test_an_input_that_is_not_json_or_too_large_is_refused(api: Api, text: str, code: str) -> None:
    api.create(definition({"Type": "Pass", "End": True}))
    with pytest.raises(Refused, match=code):
        api("StartExecution", stateMachineArn=MACHINE, input=text)


def test_a_stopped_execution_is_aborted_immediately_and_can_be_redriven(api: Api) -> None:
    api.create(
        definition(
            {"Type": "Wait", "Seconds": "{% $states.context.Execution.RedriveCount = 0 ? 30 : 0 %}", "End": True}
        )
    )
    arn = api("StartExecution", stateMachineArn=MACHINE)["executionArn"]
    api("StopExecution", executionArn=arn, error="Mine", cause="enough")
    execution = api("DescribeExecution", executionArn=arn)
    assert (execution["status"], execution["error"], execution["cause"]) == ("ABORTED", "Mine", "enough")
    api("RedriveExecution", executionArn=arn)
    assert api.wait_for_end(arn)["status"] == "SUCCEEDED"
    with pytest.raises(Refused, match="ExecutionNotRedrivable"):
        api("RedriveExecution", executionArn=arn)


def test_a_machine_that_runs_too_long_times_out_without_error_and_cause(api: Api) -> None:
    """Fact 39."""
    api.create(definition({"Type": "Wait", "Seconds": 30, "End": True}, TimeoutSeconds=1))
    execution = api.execute()
    assert (execution["status"], execution["redriveStatus"]) == ("TIMED_OUT", "REDRIVABLE")
    assert not {"error", "cause"} & set(execution)


def test_an_execution_keeps_the_definition_it_started_with(api: Api) -> None:
    wait = {"Type": "Wait", "Seconds": 0, "Next": "T"}
    text = json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": wait, "T": TASK}})
    gate = threading.Event()
    api.tasks.answer = lambda _: gate.wait(5) and "old"
    api.create(text)
    arn = api("StartExecution", stateMachineArn=MACHINE)["executionArn"]
    api("UpdateStateMachine", stateMachineArn=MACHINE, definition=definition({"Type": "Succeed", "Output": "new"}))
    gate.set()
    assert json.loads(api.wait_for_end(arn)["output"]) == "old"
    assert api("DescribeStateMachineForExecution", executionArn=arn)["definition"] == text
    assert json.loads(api.execute()["output"]) == "new"


def test_executions_are_listed_newest_first_by_status_and_in_pages(api: Api) -> None:
    api.create(definition({"Type": "Pass", "End": True}))
    for name in ("a", "b", "c"):
        api.execute(name=name)
    first = api("ListExecutions", stateMachineArn=MACHINE, maxResults=2)
    rest = api("ListExecutions", stateMachineArn=MACHINE, maxResults=2, nextToken=first["nextToken"])
    assert [execution["name"] for execution in first["executions"] + rest["executions"]] == ["c", "b", "a"]
    assert "nextToken" not in rest
    assert api("ListExecutions", stateMachineArn=MACHINE, statusFilter="FAILED")["executions"] == []


def test_history_is_listed_in_either_order(api: Api) -> None:
    api.create(definition({**TASK, "Arguments": {"FunctionName": "f"}}))

    def boom(_: Any) -> Any:
        raise StateFailure("Boom", "because")

    api.tasks.answer = boom
    arn = api.execute()["executionArn"]
    events = api("GetExecutionHistory", executionArn=arn)["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "ExecutionFailed",
    ]
    assert events[4]["taskFailedEventDetails"]["cause"] == "because"
    [last] = api("GetExecutionHistory", executionArn=arn, reverseOrder=True, maxResults=1)["events"]
    assert last["executionFailedEventDetails"] == {"error": "Boom", "cause": "because"}


def test_a_map_run_and_its_children_can_be_described(api: Api) -> None:
    api.create(definition(MAP))

    def answered(arguments: Any) -> Any:
        if arguments == 2:
            raise StateFailure("Boom", "2 is bad")
        return arguments

    api.tasks.answer = answered
    arn = api.execute(input="[1, 2, 3]")["executionArn"]
    [entry] = api("ListMapRuns", executionArn=arn)["mapRuns"]
    described = api("DescribeMapRun", mapRunArn=entry["mapRunArn"])
    assert (described["executionArn"], described["status"]) == (arn, "FAILED")
    [failed] = api("ListExecutions", mapRunArn=entry["mapRunArn"], statusFilter="FAILED")["executions"]
    child = api("DescribeExecution", executionArn=failed["executionArn"])
    assert (child["input"], child["cause"], child["mapRunArn"]) == ("2", "2 is bad", entry["mapRunArn"])
    assert child["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    events = api("GetExecutionHistory", executionArn=failed["executionArn"])["events"]
    assert events[-1]["type"] == "ExecutionFailed"
    with pytest.raises(Refused, match="ExecutionNotRedrivable"):
        api("RedriveExecution", executionArn=failed["executionArn"])
    api("UpdateMapRun", mapRunArn=entry["mapRunArn"], toleratedFailureCount=1)
    api.tasks.answer = answered
    api("RedriveExecution", executionArn=arn)
    assert api.wait_for_end(arn)["status"] == "SUCCEEDED"
    assert api("DescribeMapRun", mapRunArn=entry["mapRunArn"])["itemCounts"]["failed"] == 1


def test_stopping_one_child_counts_as_a_failure_of_its_items(api: Api) -> None:
    api.create(definition({**MAP, "ToleratedFailureCount": 1}))
    gate = threading.Event()
    api.tasks.answer = lambda arguments: (gate.wait(5), arguments)[1]
    arn = api("StartExecution", stateMachineArn=MACHINE, input="[1]")["executionArn"]
    children: list[dict[str, Any]] = []
    while not children:
        runs = api("ListMapRuns", executionArn=arn)["mapRuns"]
        children = api("ListExecutions", mapRunArn=runs[0]["mapRunArn"])["executions"] if runs else []
    api("StopExecution", executionArn=children[0]["executionArn"])
    gate.set()
    assert json.loads(api.wait_for_end(arn)["output"])[0]["Status"] == "ABORTED"


@pytest.mark.parametrize("action", ["StopExecution", "GetExecutionHistory"])
def test_an_express_child_can_be_described_but_has_no_history_and_cannot_be_stopped(api: Api, action: str) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html"""
    api.create(definition(MAP).replace("STANDARD", "EXPRESS"))
    arn = api.execute(input="[1]")["executionArn"]
    [entry] = api("ListMapRuns", executionArn=arn)["mapRuns"]
    [child] = api("ListExecutions", mapRunArn=entry["mapRunArn"])["executions"]
    assert api("DescribeExecution", executionArn=child["executionArn"])["status"] == "SUCCEEDED"
    with pytest.raises(Refused, match=r"InvalidArn.*Resource type not valid in this context: express"):
        api(action, executionArn=child["executionArn"])
