"""The policies in a plan: their owners, and what they say before and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.placeholder import UNKNOWN, Placeholder, Unknown
from mapspan.review.changes.plan import Moment, Plan, ResourceChange
from mapspan.review.iam.accounts import Document, as_list

Kind = Literal["identity", "trust", "bucket", "key", "resource"]
Statement = Mapping[str, Any]

# Types whose `policy` belongs to another resource: the attribute that names that resource, and the policy's kind.
_RESOURCE_POLICIES: Mapping[str, tuple[str, Kind]] = {
    "aws_s3_bucket_policy": ("bucket", "bucket"),
    "aws_kms_key_policy": ("key_id", "key"),
    "aws_sns_topic_policy": ("arn", "resource"),
    "aws_sqs_queue_policy": ("queue_url", "resource"),
}
_OWN_POLICIES: Mapping[str, tuple[str, Kind]] = {
    "aws_kms_key": ("arn", "key"),
    "aws_sns_topic": ("arn", "resource"),
    "aws_sqs_queue": ("arn", "resource"),
}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy at one moment.

    Args:
        address, name: the resource that it is written in and its name there, the same before and after.
        owner: the role's ARN, the bucket's name, the key's ARN …; `Unknown` if the plan doesn't show it.
        account_id: the owner's account.
        document: `Statement` is a list; a placeholder if the plan doesn't show it.
        is_whole: whether it is all of the owner's policy; else it stands among other statements.
    """

    address: str
    name: str
    kind: Kind
    owner: str | Unknown
    account_id: str | None
    document: Document | Placeholder
    is_whole: bool = True

    @property
    def statements(self) -> Sequence[Statement]:
        """The statements; empty for a document that the plan doesn't show."""
        return self.document["Statement"] if isinstance(self.document, Mapping) else ()


def policies(plan: Plan, moment: Moment) -> list[Policy]:
    """Every policy of the plan's resources at a moment, including grants and permissions."""
    return [
        policy
        for change in plan.changes
        if change.at(moment) is not None
        for policy in _READERS.get(change.type, _resource_policy)(plan, change, moment)
    ]


def principals(statement: Statement) -> list[str]:
    """The principals that a statement names: ARNs, account ids, services, or `*`."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return [name for names in principal.values() for name in as_list(names)]
    return as_list(principal)


def _trust_policy(plan: Plan, change: ResourceChange, moment: Moment) -> Iterator[Policy]:
    document = _document(plan.value(change, "assume_role_policy", moment))
    if document is not None:
        yield Policy(
            address=change.address,
            name="trust policy",
            kind="trust",
            owner=_owner(plan, change, "arn", moment),
            account_id=change.account_id,
            document=document,
        )


def _role_policy(plan: Plan, change: ResourceChange, moment: Moment) -> Iterator[Policy]:
    document = _document(plan.value(change, "policy", moment))
    if document is not None:
        yield Policy(
            address=change.address,
            name=str((change.at(moment) or {}).get("name")),
            kind="identity",
            owner=_role(plan, change, moment),
            account_id=change.account_id,
            document=document,
        )


def _attached_policy(plan: Plan, change: ResourceChange, moment: Moment) -> Iterator[Policy]:
    """A managed policy on a role, with its document if the plan has it."""
    arn = (change.at(moment) or {}).get("policy_arn")
    template = change.templates.get("policy_arn", "").removeprefix("${").removesuffix(".arn}")
    managed_policies = [
        other
        for other in plan.changes
        if other.type == "aws_iam_policy"
        and (other.address == template or (isinstance(arn, str) and (other.at(moment) or {}).get("arn") == arn))
    ]
    document = _document(plan.value(managed_policies[0], "policy", moment)) if managed_policies else None
    yield Policy(
        address=change.address,
        name=f"managed policy {arn if isinstance(arn, str) else template}",
        kind="identity",
        owner=_role(plan, change, moment),
        account_id=change.account_id,
        document=UNKNOWN if document is None else document,
    )


def _grant(plan: Plan, change: ResourceChange, moment: Moment) -> Iterator[Policy]:
    """A grant, as the equivalent statement of the key's policy."""
    grantee = plan.value(change, "grantee_principal", moment)
    operations = (change.at(moment) or {}).get("operations")
    statement = None
    if isinstance(grantee, str) and isinstance(operations, list):
        statement = {
            "Sid": "Grant",
            "Effect": "Allow",
            "Principal": {"AWS": grantee},
            "Action": [f"kms:{operation}" for operation in operations],
            "Resource": "*",
        }
    owner = _owner(plan, change, "key_id", moment)
    yield _policy_of(statement, change, name="grant", kind="key", owner=owner)


def _permission(plan: Plan, change: ResourceChange, moment: Moment) -> Iterator[Policy]:
    """A function's permission, as the equivalent statement of its policy."""
    attributes = change.at(moment) or {}
    principal, source_arn = attributes.get("principal"), plan.value(change, "source_arn", moment)
    statement = None
    if isinstance(principal, str) and not isinstance(source_arn, Unknown):
        is_service = principal.endswith(".amazonaws.com")
        statement = {
            "Sid": str(attributes.get("statement_id") or ""),
            "Effect": "Allow",
            "Principal": {"Service" if is_service else "AWS": principal},
            "Action": attributes.get("action"),
            "Resource": "*",
            **({"Condition": {"ArnLike": {"aws:SourceArn": source_arn}}} if source_arn else {}),
        }
    owner = _owner(plan, change, "function_name", moment)
    yield _policy_of(statement, change, name="permission", kind="resource", owner=owner)


def _merged_statements(plan: Plan, change: ResourceChange, moment: Moment) -> Iterator[Policy]:
    """The input of our merge function: the statements that it puts into a bucket policy, among others."""
    text = plan.value(change, "input", moment)
    merge: Any = json.loads(text) if isinstance(text, str) else None
    if isinstance(merge, dict) and {"bucket", "account_id", "statements"} <= merge.keys():
        yield Policy(
            address=change.address,
            name="statements in the bucket policy",
            kind="bucket",
            owner=merge["bucket"],
            account_id=merge["account_id"],
            document={"Version": "2012-10-17", "Statement": merge["statements"]},
            is_whole=False,
        )


def _resource_policy(plan: Plan, change: ResourceChange, moment: Moment) -> Iterator[Policy]:
    attribute_and_kind = _RESOURCE_POLICIES.get(change.type) or _OWN_POLICIES.get(change.type)
    document = _document(plan.value(change, "policy", moment)) if attribute_and_kind else None
    if attribute_and_kind is None or document is None:
        return
    attribute, kind = attribute_and_kind
    yield Policy(
        address=change.address,
        name={"bucket": "bucket policy", "key": "key policy"}.get(kind, "resource policy"),
        kind=kind,
        owner=_owner(plan, change, attribute, moment),
        account_id=change.account_id,
        document=document,
    )


_READERS: Mapping[str, Callable[[Plan, ResourceChange, Moment], Iterator[Policy]]] = {
    "aws_iam_role": _trust_policy,
    "aws_iam_role_policy": _role_policy,
    "aws_iam_role_policy_attachment": _attached_policy,
    "aws_kms_grant": _grant,
    "aws_lambda_permission": _permission,
    "aws_lambda_invocation": _merged_statements,
}


def _policy_of(
    statement: Statement | None, change: ResourceChange, *, name: str, kind: Kind, owner: str | Unknown
) -> Policy:
    """A policy of one statement among the owner's others; `statement` is None if the plan doesn't show it."""
    document: Document = {"Version": "2012-10-17", "Statement": [statement]}
    return Policy(
        address=change.address,
        name=name,
        kind=kind,
        owner=owner,
        account_id=change.account_id,
        document=UNKNOWN if statement is None else document,
        is_whole=False,
    )


def _role(plan: Plan, change: ResourceChange, moment: Moment) -> str | Unknown:
    """The ARN of the role that a policy refers to by name."""
    name = plan.value(change, "role", moment)
    for other in plan.changes:
        attributes = other.at(moment)
        if other.type == "aws_iam_role" and attributes and attributes.get("name") == name and isinstance(name, str):
            arn = plan.identity(other, "arn", moment)
            return arn if isinstance(arn, str) else UNKNOWN
    if isinstance(name, str) and change.account_id:
        return f"arn:aws:iam::{change.account_id}:role/{name}"
    return UNKNOWN


def _owner(plan: Plan, change: ResourceChange, attribute: str, moment: Moment) -> str | Unknown:
    value = plan.value(change, attribute, moment)
    identity = plan.identity(change, attribute, moment) if isinstance(value, Unknown) else value
    return identity if isinstance(identity, str) else UNKNOWN


def _document(value: Any) -> Document | Placeholder | None:
    """A policy whose Statement is a list; None if the attribute holds no policy."""
    if isinstance(value, Placeholder):
        return value
    if not isinstance(value, str) or not value:
        return None
    document: dict[str, Any] = json.loads(value)
    statements = document.get("Statement", [])
    return {**document, "Statement": statements if isinstance(statements, list) else [statements]}
