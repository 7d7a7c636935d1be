"""Dashboard: one page that shows the runs, their Map Runs, the functions and the runs bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from constructs import Construct

from modules.location import Location
from modules.pipeline.watching import metered
from modules.pipeline.watching.metered import Metered
from modules.terraform_template import json_literal

Widget = dict[str, object]
Row = tuple[int, list[Widget]]  # its height, and its widgets side by side

WIDTH = 24
PERIOD_SECONDS = 60
DAY_SECONDS = 86_400
EXECUTION_ENDS = ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
MAP_RUN_COUNTS = ("ApproximateOpenMapRunCount", "OpenMapRunLimit", "ApproximateMapRunBacklogSize")


class Dashboard(Construct):
    """A CloudWatch dashboard.

    Args:
        name: the dashboard's name and its headline.
        location: where the resources that it shows live.
        state_machine_arn: the machine whose executions are the runs.
        maps: the labels of its distributed Maps.
        functions: the functions' names.
        runs_bucket: the bucket of key lists and results.
        alarm_arns: the alarms whose states stand at the top.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        location: Location,
        state_machine_arn: str,
        maps: Sequence[str],
        functions: Sequence[str],
        runs_bucket: str,
        alarm_arns: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        self._region = location.region
        rows: list[Row] = [
            (4, [{"type": "alarm", "properties": {"title": f"{name}: alarms", "alarms": list(alarm_arns)}}]),
            (6, self._runs(metered.executions(state_machine_arn))),
            (6, self._map_runs({label: metered.children(state_machine_arn, label=label) for label in maps})),
            (6, self._functions({function: metered.function(function) for function in functions})),
            (6, self._bucket(runs_bucket)),
        ]
        CloudwatchDashboard(self, "this", dashboard_name=name, dashboard_body=json_literal({"widgets": _layout(rows)}))

    def _runs(self, runs: Metered) -> list[Widget]:
        return [
            self._graph(
                "Runs", [runs.widget_metric(metric) for metric in ("ExecutionsStarted", *EXECUTION_ENDS)], stat="Sum"
            ),
            self._graph("Runs: duration, ms", [runs.widget_metric("ExecutionTime")], stat="Maximum"),
        ]

    def _map_runs(self, maps: Mapping[str, Metered]) -> list[Widget]:
        """`maps`: the child executions of each distributed Map, by its label."""
        return [
            self._graph(
                "Batches that ended",
                [
                    children.widget_metric(metric, label=f"{label} {metric}")
                    for label, children in maps.items()
                    for metric in EXECUTION_ENDS
                ],
                stat="Sum",
            ),
            self._graph(
                "Batches: duration, ms",
                [line for label, children in maps.items() for line in _percentiles(label, children, "ExecutionTime")],
                stat="Maximum",
            ),
            self._graph(
                "Map Runs of the whole account",
                [metered.MAP_RUNS.widget_metric(metric) for metric in MAP_RUN_COUNTS],
                stat="Maximum",
            ),
        ]

    def _functions(self, functions: Mapping[str, Metered]) -> list[Widget]:
        def by_function(*metrics: str) -> list[list[object]]:
            return [
                function.widget_metric(metric, label=f"{name} {metric}")
                for name, function in functions.items()
                for metric in metrics
            ]

        return [
            self._graph("Functions: invocations", by_function("Invocations"), stat="Sum"),
            self._graph("Functions: errors and throttles", by_function("Errors", "Throttles"), stat="Sum"),
            self._graph("Functions: duration, ms", by_function("Duration"), stat="Maximum"),
            self._graph("Functions: instances at work", by_function("ConcurrentExecutions"), stat="Maximum"),
        ]

    def _bucket(self, name: str) -> list[Widget]:
        size = metered.bucket(name, storage_type="StandardStorage").widget_metric("BucketSizeBytes")
        objects = metered.bucket(name, storage_type="AllStorageTypes").widget_metric("NumberOfObjects")
        return [
            self._graph("Runs bucket: bytes", [size], stat="Average", period=DAY_SECONDS),
            self._graph("Runs bucket: objects, old versions included", [objects], stat="Average", period=DAY_SECONDS),
        ]

    def _graph(self, title: str, metrics: list[list[object]], *, stat: str, period: int = PERIOD_SECONDS) -> Widget:
        properties = {"title": title, "region": self._region, "stat": stat, "period": period, "metrics": metrics}
        return {"type": "metric", "properties": {"view": "timeSeries", **properties}}


def _percentiles(label: str, source: Metered, metric: str) -> list[list[object]]:
    return [source.widget_metric(metric, stat=stat, label=f"{label} {stat}") for stat in ("p50", "p99", "Maximum")]


def _layout(rows: Sequence[Row]) -> list[Widget]:
    """The widgets with their positions; the widgets of a row share its whole width equally."""
    placed: list[Widget] = []
    top = 0
    for height, widgets in rows:
        width = WIDTH // len(widgets)
        placed += [
            {"x": number * width, "y": top, "width": width, "height": height, **widget}
            for number, widget in enumerate(widgets)
        ]
        top += height
    return placed
