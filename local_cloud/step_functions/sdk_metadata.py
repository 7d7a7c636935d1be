"""What the results of optimized integrations say about the call."""

from typing import Any


def sdk_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    """`answer` is boto3's."""
    metadata = answer["ResponseMetadata"]
    return {
        "SdkHttpMetadata": {
            "HttpHeaders": dict(metadata["HTTPHeaders"]),
            "HttpStatusCode": metadata["HTTPStatusCode"],
        },
        "SdkResponseMetadata": {"RequestId": metadata["RequestId"]},
    }
