"""Map Runs and their children, as the API describes and lists them."""

from typing import Any

from local_cloud.step_functions.child import Child
from local_cloud.step_functions.map_run import MapRun
from local_cloud.step_functions.status import PENDING, SUCCEEDED, UNSUCCESSFUL


def describe_map_run(map_run: MapRun) -> dict[str, Any]:
    """DescribeMapRun's answer.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
    """
    counts, (executions_written, items_written) = map_run.children.counts, map_run.results_written
    return {
        "mapRunArn": map_run.arn,
        "executionArn": map_run.execution_arn,
        "status": map_run.status,
        **map_run.limits.describe(),
        "itemCounts": counts.describe("items", items_written),
        "executionCounts": counts.describe("executions", executions_written),
        "redriveCount": map_run.redrive_count,
        **_dates(map_run),
        **({"redriveDate": map_run.redriven} if map_run.redriven else {}),
    }


def map_run_entry(map_run: MapRun) -> dict[str, Any]:
    """An entry of ListMapRuns."""
    return {
        "executionArn": map_run.execution_arn,
        "mapRunArn": map_run.arn,
        "stateMachineArn": str(map_run.identity.machine),
        **_dates(map_run),
    }


def _dates(execution: MapRun | Child) -> dict[str, float | None]:
    return {"startDate": execution.started, **({"stopDate": execution.ended} if execution.ended else {})}


def describe_child(map_run: MapRun, child: Child) -> dict[str, Any]:
    """DescribeExecution's answer for a child execution."""
    children = map_run.children
    answer = child_entry(map_run, child)
    answer |= {"input": children.input_text(child), "inputDetails": {"included": True}}
    if child.status == SUCCEEDED:
        answer |= {"output": children.output_text(child), "outputDetails": {"included": True}}
    answer |= {name: value for name, value in (("error", child.error), ("cause", child.cause)) if value}
    unsuccessful = child.status in UNSUCCESSFUL
    answer["redriveStatus"] = "REDRIVABLE_BY_MAP_RUN" if unsuccessful else "NOT_REDRIVABLE"
    return answer


def child_entry(map_run: MapRun, child: Child) -> dict[str, Any]:
    """An entry of ListExecutions for a child execution."""
    return {
        "executionArn": map_run.identity.child(child.name),
        "stateMachineArn": str(map_run.identity.machine),
        "mapRunArn": map_run.arn,
        "name": child.name,
        "status": "PENDING_REDRIVE" if child.status == PENDING else child.status,
        "itemCount": child.items,
        "redriveCount": child.redrives,
        **_dates(child),
    }
