"""Tasks that call an AWS API.
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from typing import Any

import botocore.exceptions
import sfnx.integrations

from local_cloud.step_functions import payload
from local_cloud.step_functions.api_json import from_api, to_api
from local_cloud.step_functions.errors import RUNTIME, StateFailure
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.sdk_metadata import sdk_metadata
from local_cloud.step_functions.service_error import optimized_failure, sdk_failure

_REFUSALS = (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError)


def call_sdk(run: Run, service: str, action: str, arguments: Any) -> Any:
    """The answer of an AWS SDK integration as JSON. Raises StateFailure."""
    client = run.role.client("stepfunctions" if service == "sfn" else service)
    method, model = _operation(client, service, action)
    spell = sfnx.integrations.sdk_member
    try:
        answer = getattr(client, method)(**sdk_parameters(arguments or {}, model))
    except _REFUSALS as error:
        raise sdk_failure(service, error, client) from error
    answer.pop("ResponseMetadata", None)
    return from_api(answer, model.output_shape, spell)


def call_optimized(run: Run, service: str, action: str, arguments: Any) -> Any:
    """The answer of an optimized integration whose arguments and results are the API's own. Raises StateFailure."""
    client = run.role.client(service)
    method, model = _operation(client, service, action)
    spell = sfnx.integrations.pascal
    try:
        answer = getattr(client, method)(**to_api(arguments or {}, model.input_shape, spell))
    except _REFUSALS as error:
        raise optimized_failure(service, error, client) from error
    metadata = sdk_metadata(answer)
    answer.pop("ResponseMetadata")
    return {**from_api(answer, model.output_shape, spell), **metadata}


def sdk_parameters(arguments: Any, model: Any) -> dict[str, Any]:
    """The parameters of an operation. JSON where the API takes text or bytes is written as JSON, as recorded on AWS.

    A text that becomes the content of an object is JSON too, so it keeps its quotes.
    """
    shape = model.input_shape
    parameters: dict[str, Any] = to_api(arguments, shape, sfnx.integrations.sdk_member)
    body = getattr(shape, "serialization", {}).get("payload")
    if body in parameters and shape.members[body].type_name == "blob":
        parameters[body] = payload.text(parameters[body]).encode()
        if "ContentType" in shape.members:
            parameters.setdefault("ContentType", "text/plain; charset=UTF-8")
    if model.name in {"StartExecution", "StartSyncExecution"} and not isinstance(parameters.get("input", ""), str):
        parameters["input"] = payload.text(parameters["input"])
    return parameters


def _operation(client: Any, service: str, action: str) -> tuple[str, Any]:
    """The operation's method and its model."""
    operation = action[:1].upper() + action[1:]
    methods = {api: method for method, api in client.meta.method_to_api_mapping.items()}
    if operation not in methods:
        raise StateFailure(RUNTIME, f"{service} has no action {action}.")
    return methods[operation], client.meta.service_model.operation_model(operation)
