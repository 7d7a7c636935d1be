"""The limits of a Map Run that UpdateMapRun can change while it runs."""

from dataclasses import dataclass
from typing import Any

from local_cloud.step_functions.counts import Counts


@dataclass
class MapLimits:
    """0 means that a limit is not set."""

    max_concurrency: int
    tolerated_failure_count: int
    tolerated_failure_percentage: float

    def update(self, request: dict[str, Any]) -> None:
        """`request` is UpdateMapRun's."""
        self.max_concurrency = request.get("maxConcurrency", self.max_concurrency)
        self.tolerated_failure_count = request.get("toleratedFailureCount", self.tolerated_failure_count)
        self.tolerated_failure_percentage = request.get("toleratedFailurePercentage", self.tolerated_failure_percentage)

    def exceeded(self, counts: Counts, *, whole: bool) -> bool:
        """Whether too many items failed: more than a threshold that is set, or any if none is set.

        `whole`: whether every item has been read. A percentage of an unknown total is not compared; what AWS does then
        is not documented.
        """
        failed, total = counts.failed_items(), counts.total_items()
        count, percentage = self.tolerated_failure_count, self.tolerated_failure_percentage
        if not count and not percentage:
            return failed > 0
        over_percentage = whole and bool(percentage) and failed * 100 > percentage * total
        return over_percentage or bool(count and failed > count)

    def describe(self) -> dict[str, Any]:
        """DescribeMapRun's fields."""
        return {
            "maxConcurrency": self.max_concurrency,
            "toleratedFailurePercentage": self.tolerated_failure_percentage,
            "toleratedFailureCount": self.tolerated_failure_count,
        }
