"""Tasks that invoke a Lambda function.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

import json
import re
from typing import Any

import botocore.exceptions

from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.service_error import cause

_OPTIONS = frozenset({"InvocationType", "Qualifier", "ClientContext"})


def invoke(run: Run, function: str, event: Any, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    """The result of `lambda:invoke`. Raises StateFailure, with the exception's class if the function failed."""
    options = {name: value for name, value in (arguments or {}).items() if name in _OPTIONS}
    try:
        answer = run.role.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode(), **options)
        body = answer["Payload"].read().decode()
    except botocore.exceptions.ClientError as error:
        raise _refusal(error) from error
    except botocore.exceptions.BotoCoreError as error:
        raise StateFailure("Lambda.SdkClientException", str(error)) from error
    if "FunctionError" in answer:
        raise StateFailure(_error_type(body), body)
    metadata = answer["ResponseMetadata"]
    return {
        "ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"),
        "Payload": json.loads(body) if body else {},
        "SdkHttpMetadata": {
            "HttpHeaders": dict(metadata["HTTPHeaders"]),
            "HttpStatusCode": metadata["HTTPStatusCode"],
        },
        "SdkResponseMetadata": {"RequestId": metadata["RequestId"]},
        "StatusCode": answer["StatusCode"],
    }


def _error_type(body: str) -> str:
    try:
        return json.loads(body).get("errorType") or "Lambda.Unknown"
    except (ValueError, AttributeError):
        return "Lambda.Unknown"


def _refusal(error: botocore.exceptions.ClientError) -> StateFailure:
    code = error.response["Error"]["Code"]
    # AWS reports errors that Lambda doesn't model for Invoke, such as a denial, under the service's general error.
    modelled = re.fullmatch(r"\w+Exception", code) and code != "AccessDeniedException"
    name = code if modelled else "AWSLambdaException"
    return StateFailure(f"Lambda.{name}", cause("Lambda", error))
