"""The policies in a plan: their owners, and what they say before and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.placeholder import UNKNOWN, Placeholder, Unknown
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import Moment, ResourceChange
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


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Every policy of a plan's resources at both moments, including grants and permissions."""

    before: Sequence[Policy]
    after: Sequence[Policy]

    def at(self, moment: Moment) -> Sequence[Policy]:
        return self.before if moment == "before" else self.after


def read_policies(plan: Plan) -> Policies:
    """The policies of a plan."""
    return Policies(before=_policies(plan, "before"), after=_policies(plan, "after"))


def principals(statement: Statement) -> list[str]:
    """The principals that a statement names: ARNs, account ids, services, or `*`."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return [name for names in principal.values() for name in as_list(names)]
    return as_list(principal)


class _Resources:
    """A plan's resources at one moment, and what their policies refer to."""

    def __init__(self, plan: Plan, moment: Moment) -> None:
        self.moment = moment
        self.changes = [change for change in plan.changes if change.exists(moment)]
        self.role_arns: dict[str, str | Unknown] = {}
        self.managed_policies: dict[str, ResourceChange] = {}
        """By address and ARN."""
        for change in self.changes:
            name, arn = self.value(change, "name"), self.value(change, "arn")
            if change.type == "aws_iam_role" and isinstance(name, str):
                self.role_arns.setdefault(name, arn if isinstance(arn, str) else UNKNOWN)
            if change.type == "aws_iam_policy":
                self.managed_policies[change.address] = change
                if isinstance(arn, str):
                    self.managed_policies[arn] = change

    def value(self, change: ResourceChange, attribute: str) -> Any:
        return change.value(attribute, self.moment)

    def text(self, change: ResourceChange, attribute: str) -> str | Unknown:
        """An attribute that is text, such as the name or ARN of another resource."""
        value = self.value(change, attribute)
        return value if isinstance(value, str) else UNKNOWN

    def role_arn(self, change: ResourceChange) -> str | Unknown:
        """The ARN of the role that a policy refers to by name."""
        name = self.value(change, "role")
        if isinstance(name, str) and name in self.role_arns:
            return self.role_arns[name]
        if isinstance(name, str) and change.account_id:
            return f"arn:aws:iam::{change.account_id}:role/{name}"
        return UNKNOWN


def _policies(plan: Plan, moment: Moment) -> list[Policy]:
    resources = _Resources(plan, moment)
    return [
        policy
        for change in resources.changes
        for policy in _READERS.get(change.type, _resource_policy)(resources, change)
    ]


def _trust_policy(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    document = _document(resources.value(change, "assume_role_policy"))
    if document is not None:
        yield Policy(
            address=change.address,
            name="trust policy",
            kind="trust",
            owner=resources.text(change, "arn"),
            account_id=change.account_id,
            document=document,
        )


def _role_policy(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    document = _document(resources.value(change, "policy"))
    if document is not None:
        yield Policy(
            address=change.address,
            name=str(resources.value(change, "name")),
            kind="identity",
            owner=resources.role_arn(change),
            account_id=change.account_id,
            document=document,
        )


def _attached_policy(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """A managed policy on a role, with its document if the plan has it."""
    arn = resources.value(change, "policy_arn")
    template = change.templates.get("policy_arn", "").removeprefix("${").removesuffix(".arn}")
    managed_policy = resources.managed_policies.get(arn if isinstance(arn, str) else template)
    document = _document(resources.value(managed_policy, "policy")) if managed_policy else None
    yield Policy(
        address=change.address,
        name=f"managed policy {arn if isinstance(arn, str) else template}",
        kind="identity",
        owner=resources.role_arn(change),
        account_id=change.account_id,
        document=UNKNOWN if document is None else document,
    )


def _grant(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """A grant, as the equivalent statement of the key's policy."""
    grantee = resources.value(change, "grantee_principal")
    operations = resources.value(change, "operations")
    statement = None
    if isinstance(grantee, str) and isinstance(operations, list):
        statement = {
            "Sid": "Grant",
            "Effect": "Allow",
            "Principal": {"AWS": grantee},
            "Action": [f"kms:{operation}" for operation in operations],
            "Resource": "*",
        }
    owner = resources.text(change, "key_id")
    yield _policy_of(statement, change, name="grant", kind="key", owner=owner)


def _permission(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """A function's permission, as the equivalent statement of its policy."""
    attributes = change.at(resources.moment) or {}
    principal, source_arn = attributes.get("principal"), resources.value(change, "source_arn")
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
    owner = resources.text(change, "function_name")
    yield _policy_of(statement, change, name="permission", kind="resource", owner=owner)


def _merged_statements(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """The input of our merge function: the statements that it puts into a bucket policy, among others."""
    text = resources.value(change, "input")
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


def _resource_policy(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    attribute_and_kind = _RESOURCE_POLICIES.get(change.type) or _OWN_POLICIES.get(change.type)
    document = _document(resources.value(change, "policy")) if attribute_and_kind else None
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


_READERS: Mapping[str, Callable[[_Resources, ResourceChange], Iterator[Policy]]] = {
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


def _document(value: Any) -> Document | Placeholder | None:
    """A policy whose Statement is a list; None if the attribute holds no policy."""
    if isinstance(value, Placeholder):
        return value
    if not isinstance(value, str) or not value:
        return None
    document: dict[str, Any] = json.loads(value)
    statements = document.get("Statement", [])
    return {**document, "Statement": statements if isinstance(statements, list) else [statements]}
