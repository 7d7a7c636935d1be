"""The policies of roles: written in the role, in a resource of their own, or attached as managed policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mapspan.review.changes.aws_managed_policies import aws_managed_policy
from mapspan.review.changes.placeholder import UNKNOWN, Placeholder, Unknown
from mapspan.review.changes.plan_resources import PlanResources
from mapspan.review.changes.policy import Kind, Policy
from mapspan.review.changes.policy_document import read_document
from mapspan.review.changes.resource_change import Moment, ResourceChange
from mapspan.review.iam.accounts import Document


def role(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    """A role's trust policy, and the policies that are written or attached in the role itself.

    A refreshed role lists all its policies. In a list that the plan doesn't change, those with a resource of their own
    are left out: the list is a copy, and still has what that resource's change takes away.
    """
    arn, name = resources.text(change, "arn"), str(resources.value(change, "name"))

    def is_copy(attribute: str, policy: object) -> bool:
        unchanged = change.value(attribute, "before") == change.value(attribute, "after")
        return unchanged and (change.account_id, name, str(policy)) in resources.separate_policies

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


def _if_known(resources: PlanResources, change: ResourceChange, attribute: str) -> Any:
    """A role's attribute; None at both moments if the plan doesn't show what it becomes."""
    return None if isinstance(change.value(attribute, "after"), Unknown) else resources.value(change, attribute)


def role_policy(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    document = read_document(resources.value(change, "policy"))
    if document is not None:
        yield _identity_policy(change, resources.role_arn(change), _name(change, resources.moment), document)


def attached_policy(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    """A managed policy on a role."""
    yield _managed_policy_of(resources, change, resources.role_arn(change), *_attached(resources, change))


def attached_policies(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    """A managed policy on every role of a list. The list is exclusive: it takes the policy from everyone else."""
    roles = resources.value(change, "roles")
    if isinstance(roles, Placeholder):
        yield _managed_policy_of(resources, change, UNKNOWN, *_attached(resources, change))
    for name in roles if isinstance(roles, list) else ():
        owner = resources.arn_of_role(name, change.account_id)
        yield _managed_policy_of(resources, change, owner, *_attached(resources, change))


def managed_policy(resources: PlanResources, change: ResourceChange) -> Iterator[Policy]:
    """A managed policy itself; who holds it is another question."""
    document = read_document(resources.value(change, "policy"))
    if document is not None:
        yield _identity_policy(change, resources.text(change, "arn"), "managed policy", document)


def _attached(resources: PlanResources, change: ResourceChange) -> tuple[Any, str]:
    """The ARN of the managed policy that is attached, and the address of one that doesn't exist yet."""
    template = change.templates.get("policy_arn", "").removeprefix("${").removesuffix(".arn}")
    return resources.value(change, "policy_arn"), template


def _managed_policy_of(
    resources: PlanResources, change: ResourceChange, owner: str | Unknown, arn: Any, address: str
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


def _as_mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _name(change: ResourceChange, moment: Moment) -> str:
    """A policy's name; if the plan doesn't show it, its name at the other moment, or else its address."""
    names = (change.value("name", moment), change.value("name", "before"), change.value("name", "after"))
    return next((name for name in names if isinstance(name, str)), change.address)
