"""CloudWatch alarms, described as they were put.

MiniStack keeps nearly every field of an alarm. It describes all of them to a client that speaks JSON, but leaves
most of them out of the older XML, which Terraform's provider reads: every plan would change each alarm again. It also
forgets the metrics of an alarm on an expression.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch  # type: ignore[import-untyped] # it has no types

from local_cloud.patches.handler import Response

Operation = Callable[[dict[str, Any], dict[str, Any], bool, bool], Response]

# What an alarm on an expression doesn't have. MiniStack fills these in.
OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def describe_alarms_as_they_were_put() -> None:
    put: Operation = cloudwatch._put_metric_alarm
    describe: Operation = cloudwatch._describe_alarms

    def put_whole(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        response = put(params, data, is_cbor, is_json)
        request = data if is_cbor or is_json else tree(params)
        if response[0] == 200 and request.get("Metrics"):
            cloudwatch._alarms[request["AlarmName"]]["Metrics"] = request["Metrics"]
        return response

    def describe_whole(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Response:
        if is_cbor or is_json:
            return describe(params, data, is_cbor, is_json)
        status, _, body = describe({}, tree(params), False, True)
        if status != 200:
            return describe(params, data, False, False)  # the same refusal, in XML
        answer = json.loads(body)
        answer["MetricAlarms"] = [_as_aws_describes(alarm) for alarm in answer["MetricAlarms"]]
        whole: Response = cloudwatch._xml(
            200, "DescribeAlarmsResponse", f"<DescribeAlarmsResult>{xml(answer)}</DescribeAlarmsResult>"
        )
        return whole

    cloudwatch._put_metric_alarm = put_whole
    cloudwatch._describe_alarms = describe_whole


def tree(params: Mapping[str, Any]) -> Any:
    """A query's parameters, nested: `A.member.1.B=c` becomes `{"A": [{"B": "c"}]}`."""
    nested: dict[str, Any] = {}
    for name, value in params.items():
        *path, last = name.split(".")
        inner = nested
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value[0] if isinstance(value, list) else value
    return _with_lists(nested)


def _with_lists(nested: Any) -> Any:
    if not isinstance(nested, dict):
        return nested
    if nested.keys() == {"member"}:
        return [_with_lists(value) for _, value in sorted(nested["member"].items(), key=lambda item: int(item[0]))]
    return {name: _with_lists(value) for name, value in nested.items()}


def xml(value: Any) -> str:
    """`value` as the query protocol writes it, without fields that are None."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{xml(inner)}</{name}>" for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return "".join(f"<member>{xml(inner)}</member>" for inner in value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))


def _as_aws_describes(alarm: dict[str, Any]) -> dict[str, Any]:
    omitted = OF_ONE_METRIC if alarm.get("Metrics") else ()
    return {
        name: datetime.fromtimestamp(value, UTC).isoformat() if name.endswith("Timestamp") else value
        for name, value in alarm.items()
        if name not in omitted
    }
