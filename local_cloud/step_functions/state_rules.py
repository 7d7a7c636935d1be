"""What Step Functions refuses in the states of a definition: Resources, Timestamps, and what EXPRESS can't run.
https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
"""

from collections.abc import Iterator
from typing import Any

from local_cloud.step_functions.integrations import is_activity, is_known, pattern
from local_cloud.step_functions.processor_config import is_distributed, is_express
from local_cloud.step_functions.scopes import inner_scopes
from local_cloud.step_functions.timestamp import parse_timestamp


def state_problems(scope: dict[str, Any], path: str = "", *, express: bool) -> Iterator[str]:
    """The problems of every state, nested ones included. `express`: they run in EXPRESS executions."""
    for name, state in scope["States"].items():
        where = f"{path}/States/{name}"
        yield from _resource_problems(state, where)
        yield from _timestamp_problems(state, where)
        if express:
            yield from _express_problems(state, where)
        inner_express = express or (state["Type"] == "Map" and is_express(state))
        for inner_path, inner in inner_scopes(state).items():
            yield from state_problems(inner, f"{where}/{inner_path}", express=inner_express)


def _resource_problems(state: dict[str, Any], where: str) -> Iterator[str]:
    if state["Type"] != "Task":
        return
    if not is_known(state["Resource"]):
        yield (
            f"The resource provided {state['Resource']} is not recognized. The value is not a valid resource ARN, or"
            f" the resource is not available in this region. at {where}/Resource"
        )
    if "Credentials" in state:
        yield f"the local cloud runs Tasks as the machine's role only, not with Credentials at {where}/Credentials"


def _timestamp_problems(state: dict[str, Any], where: str) -> Iterator[str]:
    """A Timestamp that is no expression must be one that a Wait can read."""
    until = state.get("Timestamp") if state["Type"] == "Wait" else None
    if until is not None and not until.startswith("{%") and parse_timestamp(until) is None:
        yield f"String does not match RFC3339 timestamp at {where}/Timestamp"


def _express_problems(state: dict[str, Any], where: str) -> Iterator[str]:
    resource = state.get("Resource", "")
    if waits := pattern(resource):
        yield f"Express state machine does not support '{waits}' service integration at {where}/Resource"
    if is_activity(resource):
        yield f"Express state machine does not support Activity ARN at {where}/Resource"
    if state["Type"] == "Map" and is_distributed(state):
        yield f"Express state machine does not support a Map in DISTRIBUTED mode at {where}"
