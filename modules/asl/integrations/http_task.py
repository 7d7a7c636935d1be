"""HTTP Tasks: https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html."""

import re
from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.nested_states import member
from modules.asl.run_a_job import Waits
from modules.asl.task import Task, grant

NEED = "call-http-endpoints"
_CONNECTION = re.compile(r"arn:[^:]+:events:(?P<region>[^:]*):(?P<account>[^:]*):connection/(?P<name>[^/]+)/.+")


def call_endpoint(task: Task, _waits: Waits) -> Iterator[Grant]:
    """The endpoint with its method, the connection, and the connection's secret.

    https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html#connect-http-task-permissions
    """
    methods = task.values("Method", '"<HTTP method>"')
    endpoints = []
    for beginning, exactly in task.bounds.beginnings(
        task.state.name, "ApiEndpoint", task.state.argument("ApiEndpoint")
    ):
        # In a pattern, ? is any one character, such as the ? before query parameters.
        endpoints += [beginning, f"{beginning}?*"] if exactly else [f"{beginning}*"]
    if methods and endpoints:
        yield Grant(
            need=NEED,
            sid="CallHttpEndpoints",
            actions=("states:InvokeHTTPEndpoint",),
            resources=(task.location.machine_arn(),),
            condition={
                "StringEquals": {"states:HTTPMethod": sorted(methods)},
                "StringLike": {"states:HTTPEndpoint": sorted(endpoints)},
            },
        )
    holder = task.state.argument("InvocationConfig" if task.has("InvocationConfig") else "Authentication")
    connections = task.bounds.values(
        task.state.name, "ConnectionArn", member(holder, "ConnectionArn"), '"<connection ARN>"'
    )
    yield from grant(NEED, "UseConnections", ("events:RetrieveConnectionCredentials",), connections)
    actions = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
    secrets = [secret for connection in connections for secret in _secrets(task, connection)]
    yield from grant(NEED, "ReadSecretsOfConnections", actions, secrets)


def _secrets(task: Task, connection: str) -> list[str]:
    """The secret in which EventBridge keeps the credentials of a connection."""
    parts = _CONNECTION.fullmatch(connection)
    if parts is None:
        return task.require("ConnectionSecret", f"does not follow from {connection}", '"<secret ARN>"')
    place = f"{parts['region']}:{parts['account']}"
    partition = task.location.partition
    return [f"arn:{partition}:secretsmanager:{place}:secret:events!connection/{parts['name']}/*"]
