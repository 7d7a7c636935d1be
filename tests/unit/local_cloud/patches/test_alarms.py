"""Alarms in the XML that Terraform's provider reads."""

from typing import Any

import pytest
from botocore.model import ServiceModel
from botocore.parsers import QueryParser
from botocore.serialize import QuerySerializer
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st
from ministack.services import cloudwatch  # type: ignore[import-untyped] # it has no types

from local_cloud.patches.alarms import describe_alarms_as_they_were_put, tree, xml

MODEL = ServiceModel(get_session().get_service_data("cloudwatch"), "cloudwatch")
ONE_METRIC = {
    "AlarmName": "throttled",
    "AlarmDescription": "Throttling <lasts> & lasts",
    "ActionsEnabled": True,
    "AlarmActions": ["arn:aws:sns:us-east-1:111111111111:alarms"],
    "Namespace": "AWS/Lambda",
    "MetricName": "Throttles",
    "Dimensions": [{"Name": "FunctionName", "Value": "work"}],
    "Statistic": "Maximum",
    "Period": 300,
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 3,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}
FAILED = {"Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Dimensions": [{"Name": "Arn", "Value": "a"}]}
EXPRESSION = {
    "AlarmName": "failing",
    "ActionsEnabled": False,
    "Metrics": [
        {"Id": "percent", "Expression": "100 * failed", "Label": "Failed", "ReturnData": True},
        *({"Id": f"m{n}", "MetricStat": {"Metric": FAILED, "Period": 60, "Stat": "Sum"}} for n in range(10)),
    ],
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def _patched(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_put_metric_alarm", "_describe_alarms"):
        monkeypatch.setattr(cloudwatch, name, getattr(cloudwatch, name))
    describe_alarms_as_they_were_put()


def call(operation: str, arguments: dict[str, Any]) -> Any:
    """The answer that a client of the query protocol gets."""
    model = MODEL.operation_model(operation)
    params = QuerySerializer().serialize_to_request(arguments, model)["body"]
    handler = {"PutMetricAlarm": cloudwatch._put_metric_alarm, "DescribeAlarms": cloudwatch._describe_alarms}
    status, headers, body = handler[operation]({name: [str(v)] for name, v in params.items()}, {}, False, False)
    response = {"status_code": status, "headers": headers, "body": body}
    return QueryParser().parse(response, model.output_shape) if model.output_shape else status


@pytest.mark.usefixtures("_patched")
@pytest.mark.parametrize("alarm", [ONE_METRIC, EXPRESSION], ids=["one metric", "an expression"])
def test_a_query_client_reads_back_every_field_that_it_put(alarm: dict[str, Any]) -> None:
    assert call("PutMetricAlarm", alarm) == 200
    [described] = call("DescribeAlarms", {"AlarmNames": [alarm["AlarmName"]]})["MetricAlarms"]
    assert {name: described.get(name) for name in alarm} == alarm
    assert described["StateValue"] == "INSUFFICIENT_DATA"
    assert described["StateUpdatedTimestamp"].year >= 2026
    assert ("Statistic" in described, "Metrics" in described) == ("Statistic" in alarm, "Metrics" in alarm)


@pytest.mark.usefixtures("_patched")
def test_a_refusal_is_xml() -> None:
    refusal = call("DescribeAlarms", {"MaxRecords": 0})
    assert refusal["Error"]["Code"] == "ValidationError"


@given(st.lists(st.text(min_size=1), max_size=12))
def test_a_list_of_any_length_keeps_its_order(values: list[str]) -> None:
    parameters = {f"Names.member.{number}": [value] for number, value in enumerate(values, start=1)}
    assert tree(parameters).get("Names", []) == values


def test_none_is_omitted_and_text_is_escaped() -> None:
    assert xml({"A": None, "B": ["<&", True]}) == "<B><member>&lt;&amp;</member><member>true</member></B>"
