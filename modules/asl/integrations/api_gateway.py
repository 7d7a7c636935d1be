"""API Gateway: https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html."""

import re
from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.run_a_job import Waits
from modules.asl.task import Task, grant

_ENDPOINT = re.compile(r"(?:https://)?(?P<api>[\w-]+)\.execute-api\.(?P<region>[\w-]+)\.amazonaws\.com(?:\.cn)?/?")


def invoke_api(task: Task, _waits: Waits) -> Iterator[Grant]:
    """A call of an API's method. Without an AuthType the call isn't signed, and IAM doesn't decide on it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
    """
    if task.state.argument("AuthType") in (None, "NO_AUTH"):
        return
    methods = task.values("Method", '"<HTTP method>"')
    stages = task.values("Stage", '"<stage>"') if task.has("Stage") else ["$default"]
    value = task.state.argument("Path")
    paths = task.bounds.beginnings(task.state.name, "Path", "" if value is None else value)
    resources = []
    for endpoint in task.values("ApiEndpoint", '"<API id>.execute-api.<Region>.amazonaws.com"'):
        parts = _ENDPOINT.fullmatch(endpoint)
        if parts is None:
            task.refuse(f"calls {endpoint}, which is not the host name of an API")
            continue
        api = f"arn:{task.location.partition}:execute-api:{parts['region']}:{task.location.account_id}:{parts['api']}"
        resources += [
            f"{api}/{stage}/{method}/{path.removeprefix('/')}{'' if exactly else '*'}"
            for stage in stages
            for method in methods
            for path, exactly in paths
        ]
    yield from grant("invoke-apis", "InvokeApis", ("execute-api:Invoke",), resources)
