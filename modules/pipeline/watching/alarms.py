"""Alarms: the CloudWatch alarms of a pipeline's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

from environments.job import JobSettings
from environments.settings import MapSettings
from modules.asl.execution_type import EXPRESS_LIMIT_SECONDS
from modules.location import Location
from modules.pipeline.functions import PROCESS_FUNCTION
from modules.pipeline.watching import metered
from modules.pipeline.watching.metered import Metered
from modules.pipeline.workflow.names import (
    PROCESS_KEY_LIST,
    PROCESS_OBJECTS,
    PROCESS_SHARD,
    KeySourceName,
    map_labels,
)

PERIOD_SECONDS = 300
# A duration is near its limit from this share of it on.
NEAR_PERCENT = 80
AT_LEAST = "GreaterThanOrEqualToThreshold"
MORE_THAN = "GreaterThanThreshold"

# What the names of a Map's alarms begin with.
ID_PREFIXES = {PROCESS_OBJECTS: "", PROCESS_SHARD: "shard_", PROCESS_KEY_LIST: "key_list_"}

# The id of each metric in the expression below, and the metric.
CHILD_ENDS = (
    ("failed", "ExecutionsFailed"),
    ("timed_out", "ExecutionsTimedOut"),
    ("succeeded", "ExecutionsSucceeded"),
)
FAILED_PERCENTAGE = (
    "100 * (FILL(failed, 0) + FILL(timed_out, 0)) / (FILL(failed, 0) + FILL(timed_out, 0) + FILL(succeeded, 0))"
)


class Alarms(Construct):
    """CloudWatch alarms, each named `<prefix>-<event>`. Missing data raises no alarm: most hours have no run.

    Args:
        prefix: what every alarm's name begins with.
        environment: its name, for the commands that the descriptions end with.
        key_source: where keys come from; the Maps follow from it.
        location: where the alarms live.
        state_machine_arn: the machine whose executions are the runs.
        functions: the functions' names, by id.
        map_settings: the distributed Map's settings, which give the children's time and tolerated failures.
        job: the settings of the one function that should end well before its timeout. The other two use
            all of their time, and go on in the next invocation.
        schedule_group: the group of the schedule that starts runs, None if the environment has none.
        topic_arns: the topics to notify.

    Exposes `arns`, in the order in which the alarms are created.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        prefix: str,
        environment: str,
        key_source: KeySourceName,
        location: Location,
        state_machine_arn: str,
        functions: Mapping[str, str],
        map_settings: MapSettings,
        job: JobSettings,
        schedule_group: str | None,
        topic_arns: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        self._prefix = prefix
        self._environment = environment
        self._location = location
        self._topic_arns = list(topic_arns)
        self.arns: list[str] = []
        self._runs(metered.executions(state_machine_arn))
        for label in map_labels(key_source):
            self._children(ID_PREFIXES[label], metered.children(state_machine_arn, label=label), map_settings)
        for function, name in functions.items():
            timeout_seconds = job.timeout_seconds if function == PROCESS_FUNCTION else None
            self._function(function, metered.function(name), timeout_seconds)
        if schedule_group is not None:
            self._occurrence(
                "schedule_dropped",
                metered.schedule_group(schedule_group),
                "InvocationDroppedCount",
                "The schedule could not start a run, and will not try again.",
            )

    def _runs(self, runs: Metered) -> None:
        self._occurrence(
            "runs_failed", runs, "ExecutionsFailed", "A run failed: `mapspan report` with its name shows why."
        )
        self._occurrence("runs_timed_out", runs, "ExecutionsTimedOut", "A run timed out.")
        self._occurrence("runs_aborted", runs, "ExecutionsAborted", "A run was stopped before it ended.")

    def _children(self, id_prefix: str, children: Metered, settings: MapSettings) -> None:
        """The alarms of one Map's child executions."""
        self._alarm(
            f"{id_prefix}batches_failing",
            "More batches fail than the environment tolerates: the Map Run will stop and leave the rest unprocessed.",
            comparison_operator=MORE_THAN,
            threshold=settings.tolerated_failure_percentage or 0,
            evaluation_periods=1,
            metric_query=[
                CloudwatchMetricAlarmMetricQuery(
                    id="failing",
                    label="Failed batches, % of those that ended",
                    expression=FAILED_PERCENTAGE,
                    return_data=True,
                ),
                *(_sum(name, children, metric) for name, metric in CHILD_ENDS),
            ],
        )
        if settings.execution_type == "EXPRESS":
            self._near_limit(
                f"{id_prefix}batches_near_time_limit",
                children,
                "ExecutionTime",
                EXPRESS_LIMIT_SECONDS,
                "A batch with its retries nearly reached the time limit of its execution: lower max_items_per_batch.",
            )

    def _function(self, id_: str, function: Metered, timeout_seconds: int | None) -> None:
        """`timeout_seconds` is None for a function that may use all of its time."""
        self._occurrence(
            f"{id_}_errors", function, "Errors", "An invocation failed; Step Functions may have retried it."
        )
        self._alarm(
            f"{id_}_throttled",
            "Throttling goes on for longer than retries last: lower max_concurrency, or raise the account's quota.",
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
            self._near_limit(
                f"{id_}_near_timeout",
                function,
                "Duration",
                timeout_seconds,
                "An invocation nearly ran out of time: raise timeout_seconds, or lower max_items_per_batch.",
            )

    def _occurrence(self, id_: str, source: Metered, metric_name: str, description: str) -> None:
        """An alarm as soon as the metric counts one."""
        self._one_period(id_, source, metric_name, description, statistic="Sum", threshold=1)

    def _near_limit(self, id_: str, source: Metered, metric_name: str, limit_seconds: int, description: str) -> None:
        """An alarm when the longest duration, a metric in milliseconds, comes near its limit."""
        threshold = limit_seconds * 10 * NEAR_PERCENT
        self._one_period(id_, source, metric_name, description, statistic="Maximum", threshold=threshold)

    def _one_period(
        self, id_: str, source: Metered, metric_name: str, description: str, *, statistic: str, threshold: int
    ) -> None:
        """An alarm when the metric reaches its threshold in a single period."""
        self._alarm(
            id_,
            description,
            namespace=source.namespace,
            metric_name=metric_name,
            dimensions=dict(source.dimensions),
            statistic=statistic,
            period=PERIOD_SECONDS,
            evaluation_periods=1,
            threshold=threshold,
        )

    def _alarm(self, id_: str, description: str, *, comparison_operator: str = AT_LEAST, **condition: object) -> None:
        # While batches run, `watch` shows the newest run; all other alarms lead to the list, which names the runs.
        command = "watch" if "batches" in id_ or "throttled" in id_ else "list"
        name = f"{self._prefix}-{id_.replace('_', '-')}"
        CloudwatchMetricAlarm(
            self,
            id_,
            alarm_name=name,
            alarm_description=f"{description} Next: mapspan {command} {self._environment}",
            comparison_operator=comparison_operator,
            treat_missing_data="notBreaching",
            alarm_actions=self._topic_arns or None,
            **condition,  # type: ignore[arg-type] # each condition is spelt out above, by its own name
        )
        self.arns.append(self._location.arn("cloudwatch", f"alarm:{name}"))


def _sum(id_: str, source: Metered, metric_name: str) -> CloudwatchMetricAlarmMetricQuery:
    return CloudwatchMetricAlarmMetricQuery(
        id=id_,
        metric=CloudwatchMetricAlarmMetricQueryMetric(
            namespace=source.namespace,
            metric_name=metric_name,
            dimensions=dict(source.dimensions),
            stat="Sum",
            period=PERIOD_SECONDS,
        ),
    )
