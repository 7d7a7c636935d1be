"""The resource that IAM decides on, for calls where MiniStack takes `*` or another resource than AWS does.

Which resource each action takes: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions  # type: ignore[import-untyped] # it has no types
from ministack.services import iam  # type: ignore[import-untyped] # likewise

# The resource of a call, None if MiniStack's is right. From the call's path, its JSON body, its query and form
# parameters, and a function that builds an ARN in the account.
Resource = Callable[[str, Mapping[str, Any], Mapping[str, Any], Callable[[str], str]], str | None]


def decide_on_named_resources() -> None:
    """IAM decides on the resource that AWS would take."""
    extract = iam_actions.extract_resource_arn

    def extract_as_aws(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        parameters, region, account = rest
        if resource_of := _RESOURCES.get(service):

            def arn(resource: str) -> str:
                return f"arn:aws:{resource.format(place=f'{region}:{account}', account=account)}"

            if resource := resource_of(path, _json(body), parameters, arn):
                return resource
        return extract(service, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = extract_as_aws


def pass_grant_conditions() -> None:
    """CreateGrant's condition keys, `kms:GranteePrincipal` and `kms:GrantOperations`, which MiniStack leaves out."""
    context = iam_actions.request_tag_context

    def with_grant(service: str, action: str, body: bytes, parameters: Any) -> dict[str, Any]:
        request = _json(body) if action == "kms:CreateGrant" else {}
        grant = {
            "kms:GranteePrincipal": request.get("GranteePrincipal"),
            "kms:GrantOperations": request.get("Operations"),
        }
        return {**context(service, action, body, parameters), **{key: value for key, value in grant.items() if value}}

    iam_actions.request_tag_context = with_grant


def _states(_path: str, body: Mapping[str, Any], _parameters: Mapping[str, Any], _arn: Callable[[str], str]) -> Any:
    return body.get("mapRunArn") or body.get("resourceArn")


def _lambda(path: str, body: Mapping[str, Any], _parameters: Mapping[str, Any], arn: Callable[[str], str]) -> Any:
    name = body.get("FunctionName") if path.rstrip("/").endswith("/functions") else None
    return arn(f"lambda:{{place}}:function:{name}") if name else None


def _scheduler(path: str, body: Mapping[str, Any], parameters: Mapping[str, Any], arn: Callable[[str], str]) -> Any:
    kind, _, name = path.strip("/").partition("/")
    if kind == "tags":
        return unquote(name)
    group = body.get("GroupName") or _first(parameters.get("groupName"))
    return arn(f"scheduler:{{place}}:schedule/{group}/{name}") if kind == "schedules" and name and group else None


def _monitoring(_path: str, body: Mapping[str, Any], parameters: Mapping[str, Any], arn: Callable[[str], str]) -> Any:
    request = {**{name: _first(value) for name, value in parameters.items()}, **body}
    if tagged_arn := request.get("ResourceARN"):
        return tagged_arn
    for field in ("DashboardName", "DashboardNames.member.1"):
        if name := request.get(field):
            return arn(f"cloudwatch::{{account}}:dashboard/{name}")
    if name := request.get("AlarmNames.member.1"):
        return arn(f"cloudwatch:{{place}}:alarm:{name}")
    return None


def _sns(_path: str, _body: Mapping[str, Any], parameters: Mapping[str, Any], _arn: Callable[[str], str]) -> Any:
    if subscription := _first(parameters.get("SubscriptionArn")):
        return subscription.rpartition(":")[0]  # its topic
    return _first(parameters.get("ResourceArn"))


def _iam(_path: str, _body: Mapping[str, Any], parameters: Mapping[str, Any], arn: Callable[[str], str]) -> Any:
    """A role with its path: the one that it has, else the one that it is created with."""
    name = _first(parameters.get("RoleName"))
    role = iam._roles.get(name) if name else None
    path = role["Path"] if role else _first(parameters.get("Path")) or "/"
    return arn(f"iam::{{account}}:role{path}{name}") if name else None


def _kms(_path: str, body: Mapping[str, Any], _parameters: Mapping[str, Any], arn: Callable[[str], str]) -> Any:
    alias = body.get("AliasName")
    return arn(f"kms:{{place}}:{alias}") if alias else None


_RESOURCES: Mapping[str, Resource] = {
    "states": _states,
    "lambda": _lambda,
    "scheduler": _scheduler,
    "monitoring": _monitoring,
    "sns": _sns,
    "iam": _iam,
    "kms": _kms,
}


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value or "")


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}
