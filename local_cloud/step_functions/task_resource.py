"""The Resource of a Task, as the history and the causes of failures show it."""


def is_function(resource: str) -> bool:
    """Whether it is a function's ARN, not an integration's."""
    return resource.split(":")[2] == "lambda"


def resource_details(resource: str) -> dict[str, str]:
    """`arn:aws:states:::lambda:invoke` is the resource `invoke` of the type `lambda`.

    The service of `arn:aws:states:::aws-sdk:s3:getObject` belongs to the type: `aws-sdk:s3`.
    """
    parts = resource.split(":")
    kind = parts[5:7] if parts[5] == "aws-sdk" else parts[5:6]
    return {"resourceType": ":".join(kind), "resource": ":".join(parts[5 + len(kind) :])}


def label(resource: str) -> str:
    """A Task as the cause of States.DataLimitExceeded names it: by its type, or by its function's ARN."""
    return resource if is_function(resource) else resource_details(resource)["resourceType"]
