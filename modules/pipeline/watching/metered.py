"""The CloudWatch namespaces and dimensions of a pipeline's parts, for alarms and dashboard alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Metered:
    """Something that has metrics; without dimensions, the whole account in one Region."""

    namespace: str
    dimensions: Mapping[str, str] = field(default_factory=dict)

    def widget_metric(self, name: str, **rendering: str) -> list[object]:
        """A metric as a dashboard's widget names it.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
        """
        flat = [text for dimension in self.dimensions.items() for text in dimension]
        return [self.namespace, name, *flat, *([rendering] if rendering else [])]


def executions(state_machine_arn: str) -> Metered:
    """A state machine's executions, without the child executions of its Maps.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    """
    return Metered("AWS/States", {"StateMachineArn": state_machine_arn})


def children(state_machine_arn: str, *, label: str) -> Metered:
    """A distributed Map's child executions, which count as executions of a machine called `<machine>/<label>`.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html
    """
    return executions(f"{state_machine_arn}/{label}")


# Open and waiting Map Runs are counted for the whole account, not by state machine.
MAP_RUNS = Metered("AWS/States")


def function(name: str) -> Metered:
    """A Lambda function: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html."""
    return Metered("AWS/Lambda", {"FunctionName": name})


def schedule_group(name: str) -> Metered:
    """A group of schedules: https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html."""
    return Metered("AWS/Scheduler", {"ScheduleGroup": name})


def bucket(name: str, *, storage_type: str) -> Metered:
    """A bucket's size, once a day: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html."""
    return Metered("AWS/S3", {"BucketName": name, "StorageType": storage_type})
