"""The policies in a plan: their owners, and what they say before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mapspan.review.changes import role_policies
from mapspan.review.changes.placeholder import UNKNOWN, Placeholder, Unknown, Unreadable, find_placeholder
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.plan_resources import PlanResources
from mapspan.review.changes.policy import Kind, Policies, Policy
from mapspan.review.changes.policy_document import load_json, read_document, read_statements
from mapspan.review.changes.resource_change import Moment, ResourceChange
from mapspan.review.iam.accounts import Document
from modules.resource_names import function_name

# Types whose `policy` belongs to another resource: the attribute that names that resource, and the policy's kind.
_RESOURCE_POLICIES: Mapping[str, tuple[str, Kind]] = {
    "aws_s3_bucket_policy": ("bucket", "bucket"),
    "aws_kms_key_policy": ("key_id", "key"),
    "aws_sns_topic_policy": ("arn", "resource"),
    "aws_sqs_queue_policy": ("queue_url", "resource"),
}
_OWN_POLICIES: Mapping[str, tuple[str, Kind]] = {
    "aws_kms_key": ("arn", "key"),
    "aws_s3_bucket": ("bucket", "bucket"),
    "aws_sns_topic": ("arn", "resource"),
    "aws_sqs_queue": ("arn", "resource"),
}
_MERGE_FUNCTION = function_name("", "merge_statements")  # whatever the environment's prefix
# The attributes that limit a function's permission, each with the condition that it stands for.
# https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
_PERMISSION_CONDITIONS = {
    "source_arn": ("ArnLike", "aws:SourceArn"),
    "source_account": ("StringEquals", "aws:SourceAccount"),
    "principal_org_id": ("StringLike", "aws:PrincipalOrgID"),
}


def read_policies(plan: Plan) -> Policies:
    """The policies of a plan."""
    return Policies(before=_policies(plan, "before"), after=_policies(plan, "after"))


def _policies(plan: Plan, moment: Moment) -> list[Policy]:
    resources = PlanResources(plan, moment)
    return [
        policy
        for change in resources.changes
        for policy in _READERS.get(change.type, _resource_policy)(resources, change)
    ]


def _bucket(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    """A policy that is written in the bucket itself. One that doesn't change is a copy of the live one."""
    before, after = (read_document(change.value("policy", moment)) for moment in ("before", "after"))
    if before != after and not isinstance(after, Unknown):
        yield from _resource_policy(resources, change)


def _grant(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    """A grant, as the equivalent statement of the key's policy."""
    operations = resources.value(change, "operations")
    statement = {
        "Sid": "Grant",
        "Effect": "Allow",
        "Principal": {"AWS": resources.value(change, "grantee_principal")},
        "Action": [f"kms:{operation}" if isinstance(operation, str) else operation for operation in operations or ()],
        "Resource": "*",
    }
    owner = resources.text(change, "key_id")
    yield _policy_of(statement, change, name="grant", kind="key", owner=owner)


def _permission(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    """A function's permission, as the equivalent statement of its policy."""
    principal = resources.value(change, "principal")
    is_service = isinstance(principal, str) and principal.endswith(".amazonaws.com")
    conditions = {
        operator: {key: value}
        for attribute, (operator, key) in _PERMISSION_CONDITIONS.items()
        if (value := resources.value(change, attribute))
    }
    statement = {
        "Sid": str(resources.value(change, "statement_id") or ""),
        "Effect": "Allow",
        "Principal": {"Service" if is_service else "AWS": principal},
        "Action": resources.value(change, "action"),
        "Resource": "*",
        **({"Condition": conditions} if conditions else {}),
    }
    owner = resources.text(change, "function_name")
    yield _policy_of(statement, change, name="permission", kind="resource", owner=owner)


def _merged_statements(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    """The input of our merge function: the statements that it puts into a bucket policy, among others."""
    text = resources.value(change, "input")
    merge = _json(text)
    if isinstance(text, Placeholder) and str(resources.value(change, "function_name")).endswith(_MERGE_FUNCTION):
        yield _statements_in_bucket_policy(change, UNKNOWN, change.account_id, text)
    elif isinstance(merge, Mapping) and {"bucket", "account_id", "statements"} <= merge.keys():
        document = _document(merge["statements"])
        yield _statements_in_bucket_policy(change, str(merge["bucket"]), str(merge["account_id"]), document)


def _statements_in_bucket_policy(
    change: ResourceChange, bucket: str | Unknown, account_id: str | None, document: Document | Placeholder
) -> Policy:
    return Policy(
        address=change.address,
        name="statements in the bucket policy",
        kind="bucket",
        owner=bucket,
        account_id=account_id,
        document=document,
        is_whole=False,
    )


def _json(value: Any) -> Any:
    """The JSON in an attribute; None if it holds none."""
    try:
        return load_json(value)
    except ValueError:
        return None


def _resource_policy(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    attribute_and_kind = _RESOURCE_POLICIES.get(change.type) or _OWN_POLICIES.get(change.type)
    document = read_document(resources.value(change, "policy")) if attribute_and_kind else None
    if attribute_and_kind is None or document is None:
        return
    attribute, kind = attribute_and_kind
    yield Policy(
        address=change.address,
        name={"bucket": "bucket policy", "key": "key policy"}.get(kind, "resource policy"),
        kind=kind,
        owner=resources.text(change, attribute),
        account_id=change.account_id,
        document=document,
    )


_READERS: Mapping[str, Callable[[PlanResources, ResourceChange], Iterator[Policy]]] = {
    "aws_iam_policy": role_policies.managed_policy,
    "aws_iam_policy_attachment": role_policies.attached_policies,
    "aws_iam_role": role_policies.role,
    "aws_iam_role_policy": role_policies.role_policy,
    "aws_iam_role_policy_attachment": role_policies.attached_policy,
    "aws_kms_grant": _grant,
    "aws_lambda_permission": _permission,
    "aws_lambda_invocation": _merged_statements,
    "aws_s3_bucket": _bucket,
}


def _policy_of(
    statement: Mapping[str, Any], change: ResourceChange, *, name: str, kind: Kind, owner: str | Unknown
) -> Policy:
    """A policy of one statement among the owner's others."""
    return Policy(
        address=change.address,
        name=name,
        kind=kind,
        owner=owner,
        account_id=change.account_id,
        document=find_placeholder(statement) or _document(statement),
        is_whole=False,
    )


def _document(statements: Any) -> Document | Placeholder:
    try:
        return {"Version": "2012-10-17", "Statement": read_statements(statements)}
    except ValueError as error:
        return Unreadable(f"not a policy that IAM accepts: {error}")
