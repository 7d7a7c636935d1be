"""Condition keys that MiniStack doesn't fill in, as AWS does."""

from typing import Any

from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-untyped] # it has no types
from ministack.services import iam, s3  # type: ignore[import-untyped] # likewise

_BOUNDARY = "PermissionsBoundary"
# The calls on a role that have `iam:PermissionsBoundary`:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
_BOUNDED_CALLS = frozenset(
    f"iam:{call}"
    for call in (
        "AttachRolePolicy",
        "CreateRole",
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
    )
)
# Those of them that set the boundary.
_SETTING_CALLS = frozenset(("iam:CreateRole", "iam:PutRolePermissionsBoundary"))


def know_the_boundary_of_a_role() -> None:
    """`iam:PermissionsBoundary`: the boundary that a call sets, or for other calls the one that the role has."""
    tags_of_request = iam_actions.request_tag_context

    def with_boundary(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = tags_of_request(service, iam_action, body, params)
        if iam_action in _BOUNDED_CALLS:
            boundary = iam_actions._query_param(params, _BOUNDARY)
            if iam_action not in _SETTING_CALLS:
                role = iam._roles.get(iam_actions._query_param(params, "RoleName")) or {}
                boundary = role.get(_BOUNDARY)
            if boundary:
                context["iam:permissionsboundary"] = boundary
        return context

    iam_actions.request_tag_context = with_boundary


def know_the_account_of_a_bucket() -> None:
    """`aws:ResourceAccount` of a bucket and its objects: the owner's, for a caller of another account too."""
    resolve = iam_evaluator._resolve_condition_key

    def resolve_with_owner(key: str, context: Any) -> Any:
        _, _, name = context.resource_arn.partition(":s3:::")
        if key.lower() == "aws:resourceaccount" and name:
            return s3._bucket_owner_account(name.split("/")[0]) or resolve(key, context)
        return resolve(key, context)

    iam_evaluator._resolve_condition_key = resolve_with_owner
