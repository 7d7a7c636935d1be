"""Tasks that call an AWS API.
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from typing import Any

import botocore.exceptions
import sfnx.integrations

from local_cloud.step_functions.errors import RUNTIME, StateFailure
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.service_error import cause


def call_api(run: Run, service: str, action: str, arguments: Any) -> Any:
    """The API's answer as JSON. Raises StateFailure."""
    client = run.role.client("stepfunctions" if service == "sfn" else service)
    operation = action[:1].upper() + action[1:]
    methods = {api: method for method, api in client.meta.method_to_api_mapping.items()}
    if operation not in methods:
        raise StateFailure(RUNTIME, f"{service} has no action {action}.")
    try:
        parameters = api_parameters(arguments or {}, client.meta.service_model.operation_model(operation).input_shape)
        answer = getattr(client, methods[operation])(**parameters)
    except botocore.exceptions.ClientError as error:
        name = _error_name(service, error.response["Error"]["Code"], client)
        raise StateFailure(name, cause(service, error)) from error
    except botocore.exceptions.BotoCoreError as error:
        raise StateFailure(f"{service}.SdkClientException", str(error)) from error
    answer.pop("ResponseMetadata", None)
    return _json(answer)


def api_parameters(value: Any, shape: Any) -> Any:
    """Arguments under the API's own names: in Step Functions all begin with a capital, in some APIs they don't."""
    if isinstance(value, dict) and getattr(shape, "type_name", None) == "structure":
        known = {name[:1].upper() + name[1:]: name for name in shape.members}
        named = {known.get(name, name): inner for name, inner in value.items()}
        return {name: api_parameters(inner, shape.members.get(name)) for name, inner in named.items()}
    if isinstance(value, list) and getattr(shape, "type_name", None) == "list":
        return [api_parameters(inner, shape.member) for inner in value]
    return value


def _error_name(service: str, code: str, client: Any) -> str:
    """The error's name in the AWS SDK for Java, which is the one Step Functions reports."""
    for name in (code, f"{code}Exception"):
        try:
            return sfnx.integrations.sdk_error(service, name)
        except sfnx.integrations.ResourceError:
            continue
    java_name = sfnx.integrations.java_service_name(client.meta.service_model.service_id)
    return f"{java_name}.{java_name}Exception"


def _json(value: Any) -> Any:
    """An API's answer as JSON, with times as text and the content of streams."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "read"):
        return value.read().decode()
    return value.decode() if isinstance(value, bytes) else value
