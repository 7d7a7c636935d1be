"""Tasks that invoke a Lambda function.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

import json
from typing import Any

import botocore.exceptions

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.run import Run
from local_cloud.step_functions.sdk_metadata import sdk_metadata
from local_cloud.step_functions.service_error import optimized_failure

_OPTIONS = frozenset({"InvocationType", "Qualifier", "ClientContext"})


def event_text(value: Any) -> str:
    """The event of a Payload. A text is sent as it is, as JSON: `"0"` arrives as the number 0. Null arrives as {}."""
    if value is None:
        return "{}"
    return value if isinstance(value, str) else payload.text(value)


def invoke(run: Run, function: str, event: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    """The result of `lambda:invoke`. Raises StateFailure, with the exception's class if the function failed.

    `event` is JSON.
    """
    options = {name: value for name, value in (arguments or {}).items() if name in _OPTIONS}
    client = run.role.client("lambda")
    try:
        answer = client.invoke(FunctionName=function, Payload=event.encode("utf-8", "surrogatepass"), **options)
        body = answer["Payload"].read().decode()
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
        raise optimized_failure("lambda", error, client) from error
    if "FunctionError" in answer:
        raise StateFailure(_error_type(body), body)
    return {
        "ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"),
        "Payload": json.loads(body) if body else {},
        **sdk_metadata(answer),
        "StatusCode": answer["StatusCode"],
    }


def _error_type(body: str) -> str:
    try:
        return json.loads(body).get("errorType") or "Lambda.Unknown"
    except (ValueError, AttributeError):
        return "Lambda.Unknown"
