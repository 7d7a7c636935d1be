"""An AWS service's error, as Step Functions reports it.

The AWS SDK integrations report the errors of the AWS SDK for Java 2, the optimized integrations those of version 1:
other names, and another cause.
"""

from typing import Any

import botocore.exceptions
import sfnx.integrations

from local_cloud.step_functions.errors import StateFailure

ClientError = botocore.exceptions.ClientError

# Optimized integrations: the prefix of their errors, the class of an error that the service doesn't model, and the
# service's name in a cause.
_OPTIMIZED = {
    "dynamodb": ("DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"),
    "events": ("EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"),
    "lambda": ("Lambda", "AWSLambdaException", "AWSLambda"),
    "sns": ("SNS", "AmazonSNSException", "AmazonSNS"),
    "sqs": ("SQS", "AmazonSQSException", "AmazonSQS"),
    "states": ("StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions"),
}


def optimized_failure(service: str, error: Exception, client: Any) -> StateFailure:
    """The failure of an optimized integration; `service` is spelled as in its Resource."""
    prefix, general, name = _OPTIMIZED[service]
    if isinstance(error, ClientError):
        modelled = _modelled(error.response["Error"]["Code"], client)
        return StateFailure(f"{prefix}.{modelled or general}", _cause_of_version_1(name, error))
    return StateFailure(f"{prefix}.{general if _refused_unsent(error) else 'SdkClientException'}", str(error))


def sdk_failure(service: str, error: Exception, client: Any) -> StateFailure:
    """The failure of an AWS SDK integration; `service` is spelled as in its Resource."""
    prefix = sfnx.integrations.java_service_name(client.meta.service_model.service_id)
    general = f"{prefix}.{prefix}Exception"
    if not isinstance(error, ClientError):
        return StateFailure(general if _refused_unsent(error) else f"{prefix}.SdkClientException", str(error))
    code = error.response["Error"]["Code"]
    for name in (code, f"{code}Exception"):
        try:
            return StateFailure(sfnx.integrations.sdk_error(service, name), _cause_of_version_2(prefix, error))
        except sfnx.integrations.ResourceError:
            continue
    return StateFailure(general, _cause_of_version_2(prefix, error))


def _refused_unsent(error: Exception) -> bool:
    """Whether boto3 refuses arguments that Step Functions sends, such as null. On AWS the service refuses them."""
    return isinstance(error, botocore.exceptions.ParamValidationError)


def _modelled(code: str, client: Any) -> str | None:
    """The class of an error that the service models."""
    for shape in client.meta.service_model.error_shapes:
        if code in {shape.name, shape.metadata.get("error", {}).get("code")}:
            return f"{shape.name.removesuffix('Exception')}Exception"
    return None


def _cause_of_version_1(service: str, error: ClientError) -> str:
    metadata, code = error.response.get("ResponseMetadata", {}), error.response["Error"]["Code"]
    status, request = metadata.get("HTTPStatusCode"), metadata.get("RequestId")
    return (
        f"{_message(error)} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request};"
        " Proxy: null)"
    )


def _cause_of_version_2(service: str, error: ClientError) -> str:
    metadata = error.response.get("ResponseMetadata", {})
    parts = {
        "Service": service,
        "Status Code": metadata.get("HTTPStatusCode"),
        "Request ID": metadata.get("RequestId"),
        "Extended Request ID": metadata.get("HostId"),
    }
    known = ", ".join(f"{name}: {value}" for name, value in parts.items() if value is not None)
    return f"{_message(error)} ({known})"


def _message(error: ClientError) -> str:
    return error.response["Error"].get("Message") or error.response["Error"]["Code"]
