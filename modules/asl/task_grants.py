"""What the integrations of a Task cost, the optimized ones by name.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from collections.abc import Iterator

from modules.asl.bounds import Bounds
from modules.asl.grant import Grant
from modules.asl.nested_states import NestedState
from modules.asl.place import Place, is_arn


def task_grants(state: NestedState, place: Place, bounds: Bounds) -> Iterator[Grant]:
    """Everything one Task needs."""
    resource = state.resource
    if resource.endswith(":states:::lambda:invoke") or ":states:::lambda:invoke." in resource:
        functions = bounds.values(
            state.name, "FunctionName", state.argument("FunctionName"), '"<function name or ARN>"'
        )
        yield from invoke_grants([function_arn(function, place) for function in functions])
    else:
        bounds.errors.append(f"{state.name}: Resource {resource!r} is not known here")


def invoke_grants(functions: list[str]) -> Iterator[Grant]:
    yield Grant(
        need="invoke-functions",
        sid="InvokeFunctions",
        actions=("lambda:InvokeFunction",),
        resources=tuple(functions),
    )


def function_arn(function: str, place: Place) -> str:
    return function if is_arn(function) else place.arn("lambda", f"function:{function}")
