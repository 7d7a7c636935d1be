"""The alarms, dashboard, topic and schedule that the app writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.environment import Environment
from environments.files import load
from environments.settings import AlarmSettings, MapSettings, ScheduleSettings
from modules.pipeline.app import synthesize

Stack = dict[str, Any]

MACHINE = "arn:aws:states:eu-west-1:333333333333:stateMachine:mapspan-dev"
TOPIC = "arn:aws:sns:eu-west-1:333333333333:mapspan-dev-alarms"
TEAM_TOPIC = "arn:aws:sns:eu-west-1:333333333333:team"
SCHEDULE = ScheduleSettings(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin", prefixes=("2026/11/", "2026/12/"))


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stack]:
    """dev with settings that it leaves out; each variant is a stack of its own, with dev's names."""

    def dev(**changes: object) -> Environment:
        return load("dev").model_copy(update=changes)

    environments = {
        "everything": dev(alarms=AlarmSettings(email="team@example.com"), schedule=SCHEDULE),
        "team_topic": dev(alarms=AlarmSettings(topic_arn=TEAM_TOPIC)),
        "standard": dev(map=MapSettings(execution_type="STANDARD")),
        "hourly": dev(schedule=ScheduleSettings(expression="rate(1 hour)")),
    }
    outdir = tmp_path_factory.mktemp("variants")
    for name, environment in environments.items():
        synthesize([environment], outdir / name)
    return {name: json.loads((outdir / name / "stacks" / "dev" / "cdk.tf.json").read_text()) for name in environments}


def alarms(stack: Stack) -> dict[str, dict[str, Any]]:
    return {
        name.removeprefix("alarms_"): alarm for name, alarm in stack["resource"]["aws_cloudwatch_metric_alarm"].items()
    }


def test_every_environment_has_the_same_alarms(stacks: dict[str, Stack]) -> None:
    for name, stack in stacks.items():
        assert set(alarms(stack)) == {
            *("runs_failed", "runs_timed_out", "runs_aborted", "batches_failing", "batches_near_time_limit"),
            *("shard_batches_failing", "shard_batches_near_time_limit"),
            *(f"{function}_errors" for function in ("list_objects", "process_objects", "summarize_run")),
            *(f"{function}_throttled" for function in ("list_objects", "process_objects", "summarize_run")),
            "process_objects_near_timeout",
        }
        for id_, alarm in alarms(stack).items():
            assert alarm["alarm_name"] == f"mapspan-{name}-{id_.replace('_', '-')}"
            assert alarm["treat_missing_data"] == "notBreaching", "most hours have no run"
            assert alarm["alarm_description"].endswith((f" mapspan watch {name}", f" mapspan list {name}"))


def test_alarms_tell_runs_from_the_child_executions_of_their_maps(dev: Stack) -> None:
    definition = json.loads(
        dev["resource"]["aws_sfn_state_machine"]["state_machine"]["definition"].replace("%%{", "%{")
    )
    label = definition["States"]["ProcessObjects"]["Label"]
    dev_alarms = alarms(dev)
    assert dev_alarms["runs_failed"]["dimensions"] == {"StateMachineArn": MACHINE}
    assert dev_alarms["batches_near_time_limit"]["dimensions"] == {"StateMachineArn": f"{MACHINE}/{label}"}
    expression, *metrics = dev_alarms["batches_failing"]["metric_query"]
    assert expression["return_data"] is True
    for metric in metrics:
        assert metric["id"] in expression["expression"]
        assert metric["metric"]["dimensions"] == {"StateMachineArn": f"{MACHINE}/{label}"}


def test_thresholds_follow_from_the_settings(stacks: dict[str, Stack]) -> None:
    assert alarms(stacks["dev"])["batches_failing"]["threshold"] == 5
    assert alarms(stacks["prod"])["batches_failing"]["threshold"] == 1
    # 80 % of 240 and of 60 seconds, in milliseconds
    assert alarms(stacks["dev"])["process_objects_near_timeout"]["threshold"] == 192_000
    assert alarms(stacks["local"])["process_objects_near_timeout"]["threshold"] == 48_000


def test_standard_children_have_no_alarm_near_their_time_limit(variants: dict[str, Stack]) -> None:
    assert "batches_near_time_limit" not in alarms(variants["standard"])


def test_no_alarm_notifies_anybody_by_default(stacks: dict[str, Stack]) -> None:
    for stack in stacks.values():
        assert not any("alarm_actions" in alarm for alarm in alarms(stack).values())
        assert not stack["resource"].keys() & {"aws_sns_topic", "aws_kms_key", "aws_scheduler_schedule"}


def test_an_address_gets_every_alarm_through_a_topic_with_a_key_of_its_own(variants: dict[str, Stack]) -> None:
    resources = variants["everything"]["resource"]
    assert all(alarm["alarm_actions"] == [TOPIC] for alarm in alarms(variants["everything"]).values())
    assert resources["aws_sns_topic"]["alarm_topic"]["kms_master_key_id"] == "alias/mapspan-dev-alarms"
    assert resources["aws_sns_topic"]["alarm_topic"]["name"] == TOPIC.rpartition(":")[2]
    assert resources["aws_sns_topic_subscription"]["alarm_topic_email"]["endpoint"] == "team@example.com"


def test_only_this_environments_alarms_may_use_the_topic(variants: dict[str, Stack]) -> None:
    resources = variants["everything"]["resource"]
    (publish,) = json.loads(resources["aws_sns_topic_policy"]["alarm_topic_policy"]["policy"])["Statement"]
    assert (publish["Action"], publish["Resource"]) == ("sns:Publish", TOPIC)
    assert publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert publish["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "333333333333"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:333333333333:alarm:mapspan-dev-*"},
    }


def test_an_existing_topic_is_notified_and_no_topic_is_created(variants: dict[str, Stack]) -> None:
    stack = variants["team_topic"]
    assert all(alarm["alarm_actions"] == [TEAM_TOPIC] for alarm in alarms(stack).values())
    assert "aws_sns_topic" not in stack["resource"]


def test_a_schedule_waits_until_the_machine_may_run(variants: dict[str, Stack]) -> None:
    schedule = variants["everything"]["resource"]["aws_scheduler_schedule"]["schedule"]
    assert set(schedule["depends_on"]) == {
        "aws_iam_role_policy.schedule_start_runs",
        "aws_iam_role_policy.state_machine_run_map",
        "aws_sfn_state_machine.state_machine",
    }


def test_a_schedule_starts_the_machine_with_its_prefixes(variants: dict[str, Stack]) -> None:
    schedule = variants["everything"]["resource"]["aws_scheduler_schedule"]["schedule"]
    assert schedule["schedule_expression"] == "cron(0 2 * * ? *)"
    assert schedule["schedule_expression_timezone"] == "Europe/Berlin"
    assert schedule["target"]["arn"] == MACHINE
    assert json.loads(schedule["target"]["input"]) == {"started_by": "schedule", "prefixes": ["2026/11/", "2026/12/"]}
    hourly = variants["hourly"]["resource"]["aws_scheduler_schedule"]["schedule"]
    assert json.loads(hourly["target"]["input"]) == {"started_by": "schedule"}


def test_a_schedules_role_may_only_start_the_machine(variants: dict[str, Stack]) -> None:
    resources = variants["everything"]["resource"]
    policies = [policy for name, policy in resources["aws_iam_role_policy"].items() if name.startswith("schedule_")]
    ((statement,),) = [json.loads(policy["policy"])["Statement"] for policy in policies]
    assert (statement["Action"], statement["Resource"]) == ("states:StartExecution", MACHINE)
    (trusted,) = json.loads(resources["aws_iam_role"]["schedule_role"]["assume_role_policy"])["Statement"]
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "333333333333"},
        "ArnLike": {"aws:SourceArn": "arn:aws:scheduler:eu-west-1:333333333333:schedule-group/mapspan-dev"},
    }


def test_a_scheduled_run_that_could_not_start_raises_an_alarm(variants: dict[str, Stack]) -> None:
    dropped = alarms(variants["everything"])["schedule_dropped"]
    group = variants["everything"]["resource"]["aws_scheduler_schedule_group"]["schedule_group"]["name"]
    assert dropped["dimensions"] == {"ScheduleGroup": group}
    assert dropped["alarm_actions"] == [TOPIC]


def widgets(stack: Stack) -> list[dict[str, Any]]:
    body = json.loads(stack["resource"]["aws_cloudwatch_dashboard"]["dashboard"]["dashboard_body"])
    dashboard_widgets: list[dict[str, Any]] = body["widgets"]
    return dashboard_widgets


def test_the_dashboard_shows_every_alarm(variants: dict[str, Stack]) -> None:
    stack = variants["everything"]
    (alarm_widget,) = [widget for widget in widgets(stack) if widget["type"] == "alarm"]
    arn = "arn:aws:cloudwatch:eu-west-1:333333333333:alarm:"
    assert sorted(alarm_widget["properties"]["alarms"]) == sorted(
        arn + alarm["alarm_name"] for alarm in alarms(stack).values()
    )


def test_no_widget_covers_another_or_leaves_the_page(dev: Stack) -> None:
    covered: set[tuple[int, int]] = set()
    for widget in widgets(dev):
        assert widget["x"] + widget["width"] <= 24, "a dashboard has 24 columns"
        columns, rows = (range(widget[at], widget[at] + widget[size]) for at, size in (("x", "width"), ("y", "height")))
        place = {(column, row) for column in columns for row in rows}
        assert not place & covered
        covered |= place


def test_the_dashboard_shows_runs_batches_functions_and_bucket(dev: Stack) -> None:
    metrics = [metric for widget in widgets(dev) for metric in widget["properties"].get("metrics", [])]
    dimensions = {dimension for metric in metrics for dimension in metric[3::2] if isinstance(dimension, str)}
    assert dimensions >= {
        *(MACHINE, f"{MACHINE}/ProcessObjects", "mapspan-dev-runs-333333333333-eu-west-1"),
        *("mapspan-dev-list-objects", "mapspan-dev-process-objects", "mapspan-dev-summarize-run"),
    }


def test_every_policy_and_the_dashboard_can_be_read_in_the_plan(variants: dict[str, Stack]) -> None:
    resources = variants["everything"]["resource"]
    documents = [
        *(policy["policy"] for policy in resources["aws_iam_role_policy"].values()),
        resources["aws_sns_topic_policy"]["alarm_topic_policy"]["policy"],
        resources["aws_cloudwatch_dashboard"]["dashboard"]["dashboard_body"],
    ]
    assert not [document for document in documents if "${" in document]
