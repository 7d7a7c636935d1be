"""A child execution as ResultWriter records it.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from typing import Any

from local_cloud.step_functions.child import Child
from local_cloud.step_functions.status import SUCCEEDED, UNSUCCESSFUL
from local_cloud.step_functions.timestamp import timestamp


def record(child: Child, arn: str, machine_arn: str, data: str, output: str | None) -> dict[str, Any]:
    """`data` and `output` are JSON texts, and the record contains them as texts."""
    entry: dict[str, Any] = {
        "ExecutionArn": arn,
        "Input": data,
        "InputDetails": {"Included": True},
        "Name": child.name,
        "StateMachineArn": machine_arn,
        "Status": child.status,
        "RedriveCount": child.redrives,
    }
    if child.status in UNSUCCESSFUL:
        entry["RedriveStatus"] = "REDRIVABLE_BY_MAP_RUN"
        entry |= {name: value for name, value in (("Error", child.error), ("Cause", child.cause)) if value}
    elif child.status == SUCCEEDED:
        entry |= {
            "Output": output,
            "OutputDetails": {"Included": True},
            "RedriveStatus": "NOT_REDRIVABLE",
            "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        }
    if child.started and child.ended:
        entry |= {"StartDate": timestamp(child.started), "StopDate": timestamp(child.ended)}
    return entry
