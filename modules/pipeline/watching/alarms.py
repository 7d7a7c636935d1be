"""Alarms: what a person wants to be told of a pipeline's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

from modules.location import Location
from modules.pipeline.watching import metered
from modules.pipeline.watching.metered import Metered

PERIOD_SECONDS = 300
# What is nearly out of time has used this much of it.
NEAR_PERCENT = 80
AT_LEAST = "GreaterThanOrEqualToThreshold"
MORE_THAN = "GreaterThanThreshold"


class Alarms(Construct):
    """CloudWatch alarms, each named `<prefix>-<what happened>`. No data is no alarm: most hours have no run.

    Args:
        prefix: what every alarm's name begins with.
        location: where the alarms live.
        state_machine_arn: the machine whose executions are the runs.
        map_label: its distributed Map's label.
        functions: the functions' names, by what they are called in plan addresses.
        timeouts_seconds: the timeouts, by the same, of those functions that should end well before them.
        child_limit_seconds: how long a child may live, None where that is a year.
        tolerated_failure_percentage: the share of a Map Run's children that may fail.
        schedule_group: the group of schedules that start runs, if there is one.
        topic_arns: the topics to notify.

    Exposes `arns`, in the order of their making.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        prefix: str,
        location: Location,
        state_machine_arn: str,
        map_label: str,
        functions: Mapping[str, str],
        timeouts_seconds: Mapping[str, int],
        child_limit_seconds: int | None,
        tolerated_failure_percentage: int,
        schedule_group: str | None,
        topic_arns: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        self._prefix = prefix
        self._location = location
        self._topic_arns = list(topic_arns)
        self.arns: list[str] = []
        self._runs(metered.executions(state_machine_arn))
        self._children(
            metered.children(state_machine_arn, label=map_label), tolerated_failure_percentage, child_limit_seconds
        )
        for function, name in functions.items():
            self._function(function, metered.function(name), timeouts_seconds.get(function))
        if schedule_group is not None:
            self._happened(
                "schedule_dropped",
                metered.schedule_group(schedule_group),
                "InvocationDroppedCount",
                "The schedule could not start a run, and has given up trying.",
            )

    def _runs(self, runs: Metered) -> None:
        self._happened("runs_failed", runs, "ExecutionsFailed", "A run failed: its output or its Map Run says why.")
        self._happened("runs_timed_out", runs, "ExecutionsTimedOut", "A run timed out.")
        self._happened("runs_aborted", runs, "ExecutionsAborted", "A run was stopped before its end.")

    def _children(self, children: Metered, tolerated_percentage: int, limit_seconds: int | None) -> None:
        self._alarm(
            "batches_failing",
            "More batches fail than the environment tolerates: the Map Run will stop, with the rest not processed.",
            comparison_operator=MORE_THAN,
            threshold=tolerated_percentage,
            evaluation_periods=1,
            metric_query=[
                CloudwatchMetricAlarmMetricQuery(
                    id="failing",
                    label="Failed batches, % of those that ended",
                    expression="100 * (FILL(failed, 0) + FILL(timed_out, 0))"
                    " / (FILL(failed, 0) + FILL(timed_out, 0) + FILL(succeeded, 0))",
                    return_data=True,
                ),
                *(
                    CloudwatchMetricAlarmMetricQuery(
                        id=name,
                        metric=CloudwatchMetricAlarmMetricQueryMetric(
                            namespace=children.namespace,
                            metric_name=metric,
                            dimensions=dict(children.dimensions),
                            stat="Sum",
                            period=PERIOD_SECONDS,
                        ),
                    )
                    for name, metric in (
                        ("failed", "ExecutionsFailed"),
                        ("timed_out", "ExecutionsTimedOut"),
                        ("succeeded", "ExecutionsSucceeded"),
                    )
                ),
            ],
        )
        if limit_seconds is not None:
            self._nearly_out_of_time(
                "batches_near_time_limit",
                children,
                "ExecutionTime",
                limit_seconds,
                "A batch, retries included, nearly outlived its execution: take fewer items per batch.",
            )

    def _function(self, id_: str, function: Metered, timeout_seconds: int | None) -> None:
        self._happened(f"{id_}_errors", function, "Errors", "An invocation failed; Step Functions may have retried it.")
        self._alarm(
            f"{id_}_throttled",
            "Throttling lasts, where retries outlive a short one: lower max_concurrency or raise the account's quota.",
            namespace=function.namespace,
            metric_name="Throttles",
            dimensions=dict(function.dimensions),
            statistic="Sum",
            period=60,
            evaluation_periods=5,
            datapoints_to_alarm=3,
            threshold=1,
        )
        if timeout_seconds is not None:
            self._nearly_out_of_time(
                f"{id_}_near_timeout",
                function,
                "Duration",
                timeout_seconds,
                "An invocation nearly ran out of time: raise timeout_seconds, or take fewer items per batch.",
            )

    def _happened(self, id_: str, what: Metered, metric_name: str, description: str) -> None:
        self._alarm(
            id_,
            description,
            namespace=what.namespace,
            metric_name=metric_name,
            dimensions=dict(what.dimensions),
            statistic="Sum",
            period=PERIOD_SECONDS,
            evaluation_periods=1,
            threshold=1,
        )

    def _nearly_out_of_time(
        self, id_: str, what: Metered, metric_name: str, limit_seconds: int, description: str
    ) -> None:
        self._alarm(
            id_,
            description,
            namespace=what.namespace,
            metric_name=metric_name,  # in milliseconds
            dimensions=dict(what.dimensions),
            statistic="Maximum",
            period=PERIOD_SECONDS,
            evaluation_periods=1,
            threshold=limit_seconds * 10 * NEAR_PERCENT,
        )

    def _alarm(self, id_: str, description: str, *, comparison_operator: str = AT_LEAST, **condition: object) -> None:
        name = f"{self._prefix}-{id_.replace('_', '-')}"
        CloudwatchMetricAlarm(
            self,
            id_,
            alarm_name=name,
            alarm_description=description,
            comparison_operator=comparison_operator,
            treat_missing_data="notBreaching",
            alarm_actions=self._topic_arns or None,
            **condition,  # type: ignore[arg-type] # each condition is spelt out above, by its own name
        )
        self.arns.append(self._location.arn("cloudwatch", f"alarm:{name}"))
