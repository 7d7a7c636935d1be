"""An AWS service's error, as Step Functions reports it."""

import botocore.exceptions


def cause(service: str, error: botocore.exceptions.ClientError) -> str:
    metadata = error.response["ResponseMetadata"]
    status, request = metadata.get("HTTPStatusCode"), metadata.get("RequestId")
    message = error.response["Error"].get("Message") or error.response["Error"]["Code"]
    return f"{message} (Service: {service}, Status Code: {status}, Request ID: {request})"
