"""Tasks that start an execution of another machine.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

import json
from typing import Any

import botocore.exceptions

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import TASK_FAILED, StateFailure
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.sdk_metadata import sdk_metadata
from local_cloud.step_functions.service_error import optimized_failure
from local_cloud.step_functions.status import RUNNING, SUCCEEDED

# What may follow `startExecution`.
PATTERNS = frozenset({"", ".sync", ".sync:2"})
# How often a `.sync` Task looks at the execution that it started.
_POLL_SECONDS = 0.1
_PARAMETERS = {"StateMachineArn": "stateMachineArn", "Input": "input", "Name": "name"}


def start_execution(run: Run, arguments: dict[str, Any], pattern: str) -> dict[str, Any]:
    """Starts the execution, and with `.sync` or `.sync:2` waits for its end. Raises StateFailure and Stopped."""
    client = run.role.client("stepfunctions")
    parameters = {_PARAMETERS[name]: value for name, value in arguments.items()}
    if not isinstance(parameters.get("input", ""), str):
        parameters["input"] = payload.text(parameters["input"])
    try:
        started = client.start_execution(**parameters)
        if not pattern:
            return {
                "ExecutionArn": started["executionArn"],
                "StartDate": started["startDate"].isoformat(),
                **sdk_metadata(started),
            }
        while (execution := client.describe_execution(executionArn=started["executionArn"]))["status"] == RUNNING:
            run.stop.wait(_POLL_SECONDS)
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
        raise optimized_failure("states", error, client) from error
    result = {
        name[:1].upper() + name[1:]: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in execution.items()
        if name != "ResponseMetadata"
    }
    if execution["status"] != SUCCEEDED:
        raise StateFailure(TASK_FAILED, json.dumps(result))
    if pattern == ".sync:2":
        result["Output"] = json.loads(result["Output"])
    return result
