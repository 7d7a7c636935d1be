"""The policies in a plan: their owners, and what they say before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.aws_managed_policies import aws_managed_policy
from mapspan.review.changes.placeholder import UNKNOWN, Placeholder, Unknown, Unreadable, find_placeholder
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.policy_document import load_json, read_document, read_statements
from mapspan.review.changes.resource_change import Moment, ResourceChange
from mapspan.review.iam.accounts import Document, as_list
from modules.resource_names import function_name

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
    "aws_s3_bucket": ("bucket", "bucket"),
    "aws_sns_topic": ("arn", "resource"),
    "aws_sqs_queue": ("arn", "resource"),
}


# Types that give a role a policy, and the attribute that names the policy.
_ROLE_POLICIES: Mapping[str, str] = {
    "aws_iam_role_policy": "name",
    "aws_iam_role_policy_attachment": "policy_arn",
    "aws_iam_policy_attachment": "policy_arn",
}
_MERGE_FUNCTION = function_name("", "merge_statements")  # whatever the environment's prefix
# The attributes that limit a function's permission, each with the condition that it stands for.
# https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
_PERMISSION_CONDITIONS = {
    "source_arn": ("ArnLike", "aws:SourceArn"),
    "source_account": ("StringEquals", "aws:SourceAccount"),
    "principal_org_id": ("StringLike", "aws:PrincipalOrgID"),
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
        self.role_arns: dict[tuple[str | None, str], str | Unknown] = {}
        """By account and name."""
        self.managed_policies: dict[str, ResourceChange] = {}
        """By address and ARN."""
        self.separate_policies = _separate_policies(plan)
        for change in self.changes:
            name, arn = self.value(change, "name"), self.value(change, "arn")
            if change.type == "aws_iam_role" and isinstance(name, str):
                self.role_arns[change.account_id, name] = arn if isinstance(arn, str) else UNKNOWN
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
        return self.arn_of_role(self.value(change, "role"), change.account_id)

    def arn_of_role(self, name: Any, account_id: str | None) -> str | Unknown:
        """The ARN of a role by its name."""
        if isinstance(name, str) and (account_id, name) in self.role_arns:
            return self.role_arns[account_id, name]
        if isinstance(name, str) and account_id:
            return f"arn:aws:iam::{account_id}:role/{name}"
        return UNKNOWN


def _separate_policies(plan: Plan) -> set[tuple[str, str]]:
    """The roles' names, each with the name or ARN of a policy that a resource of its own gives it, before or after."""
    moments: tuple[Moment, ...] = ("before", "after")
    return {
        (str(role), str(change.value(_ROLE_POLICIES[change.type], moment)))
        for change in plan.changes
        if change.type in _ROLE_POLICIES
        for moment in moments
        for role in _roles(change, moment)
    }


def _roles(change: ResourceChange, moment: Moment) -> list[Any]:
    """The roles that a resource names."""
    roles = change.value("roles", moment)
    return roles if isinstance(roles, list) else [change.value("role", moment)]


def _policies(plan: Plan, moment: Moment) -> list[Policy]:
    resources = _Resources(plan, moment)
    return [
        policy
        for change in resources.changes
        for policy in _READERS.get(change.type, _resource_policy)(resources, change)
    ]


def _role(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """A role's trust policy, and the policies that are written or attached in the role itself.

    A refreshed role lists all its policies. In a list that the plan doesn't change, those with a resource of their own
    are left out: the list is a copy, and still has what that resource's change takes away.
    """
    arn, role = resources.text(change, "arn"), str(resources.value(change, "name"))

    def is_copy(attribute: str, policy: object) -> bool:
        unchanged = change.value(attribute, "before") == change.value(attribute, "after")
        return unchanged and (role, str(policy)) in resources.separate_policies

    trust = read_document(resources.value(change, "assume_role_policy"))
    if trust is not None:
        yield _identity_policy(change, arn, "trust policy", trust, kind="trust")
    for inline in _as_mappings(_if_known(resources, change, "inline_policy")):
        document = read_document(inline.get("policy"))
        if document is not None and not is_copy("inline_policy", inline.get("name")):
            yield _identity_policy(change, arn, f"inline policy {inline.get('name')}", document)
    attached = _if_known(resources, change, "managed_policy_arns")
    for policy_arn in attached if isinstance(attached, list) else ():
        if not is_copy("managed_policy_arns", policy_arn):
            yield _managed_policy_of(resources, change, arn, policy_arn, "")


def _if_known(resources: _Resources, change: ResourceChange, attribute: str) -> Any:
    """A role's attribute; None at both moments if the plan doesn't show what it becomes."""
    return None if isinstance(change.value(attribute, "after"), Unknown) else resources.value(change, attribute)


def _role_policy(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    document = read_document(resources.value(change, "policy"))
    if document is not None:
        yield Policy(
            address=change.address,
            name=_name(change, resources.moment),
            kind="identity",
            owner=resources.role_arn(change),
            account_id=change.account_id,
            document=document,
        )


def _attached_policy(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """A managed policy on a role."""
    yield _managed_policy_of(resources, change, resources.role_arn(change), *_attached(resources, change))


def _attached_policies(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """A managed policy on every role of a list. The list is exclusive: it takes the policy from everyone else."""
    roles = resources.value(change, "roles")
    if isinstance(roles, Placeholder):
        yield _managed_policy_of(resources, change, UNKNOWN, *_attached(resources, change))
    for name in roles if isinstance(roles, list) else ():
        owner = resources.arn_of_role(name, change.account_id)
        yield _managed_policy_of(resources, change, owner, *_attached(resources, change))


def _managed_policy(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """A managed policy itself; who holds it is another question."""
    document = read_document(resources.value(change, "policy"))
    if document is not None:
        yield _identity_policy(change, resources.text(change, "arn"), "managed policy", document)


def _attached(resources: _Resources, change: ResourceChange) -> tuple[Any, str]:
    """The ARN of the managed policy that is attached, and the address of one that doesn't exist yet."""
    template = change.templates.get("policy_arn", "").removeprefix("${").removesuffix(".arn}")
    return resources.value(change, "policy_arn"), template


def _managed_policy_of(
    resources: _Resources, change: ResourceChange, owner: str | Unknown, arn: Any, address: str
) -> Policy:
    """A managed policy that someone holds, with its document if the plan has it or it is one of AWS's."""
    name = arn if isinstance(arn, str) else address
    managed_policy = resources.managed_policies.get(name)
    document = read_document(resources.value(managed_policy, "policy")) if managed_policy else aws_managed_policy(name)
    holder = "" if isinstance(owner, Unknown) else f" of {owner.rpartition('/')[2]}"
    label = f"managed policy {name}"
    if change.type == "aws_iam_policy_attachment":
        label += holder
    return _identity_policy(change, owner, label, UNKNOWN if document is None else document)


def _identity_policy(
    change: ResourceChange, owner: str | Unknown, name: str, document: Document | Placeholder, kind: Kind = "identity"
) -> Policy:
    return Policy(
        address=change.address, name=name, kind=kind, owner=owner, account_id=change.account_id, document=document
    )


def _bucket(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
    """A policy that is written in the bucket itself. One that doesn't change is a copy of the live one."""
    before, after = (read_document(change.value("policy", moment)) for moment in ("before", "after"))
    if before != after and not isinstance(after, Unknown):
        yield from _resource_policy(resources, change)


def _as_mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _grant(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
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


def _permission(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
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


def _merged_statements(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
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


def _resource_policy(resources: _Resources, change: ResourceChange) -> Iterator[Policy]:
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


_READERS: Mapping[str, Callable[[_Resources, ResourceChange], Iterator[Policy]]] = {
    "aws_iam_policy": _managed_policy,
    "aws_iam_policy_attachment": _attached_policies,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _role_policy,
    "aws_iam_role_policy_attachment": _attached_policy,
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


def _name(change: ResourceChange, moment: Moment) -> str:
    """A policy's name; if the plan doesn't show it, its name at the other moment, or else its address."""
    names = (change.value("name", moment), change.value("name", "before"), change.value("name", "after"))
    return next((name for name in names if isinstance(name, str)), change.address)
