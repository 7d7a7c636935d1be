"""A plan's resources at one moment, as their policies refer to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mapspan.review.changes.placeholder import UNKNOWN, Unknown
from mapspan.review.changes.plan import Plan
from mapspan.review.changes.resource_change import Moment, ResourceChange

# Types that give a role a policy, and the attribute that names the policy.
_ROLE_POLICIES: Mapping[str, str] = {
    "aws_iam_role_policy": "name",
    "aws_iam_role_policy_attachment": "policy_arn",
    "aws_iam_policy_attachment": "policy_arn",
}


class PlanResources:
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


def _separate_policies(plan: Plan) -> set[tuple[str | None, str, str]]:
    """Each policy that a resource of its own gives a role, before or after: the role's account and name, and the name
    or ARN of the policy."""
    moments: tuple[Moment, ...] = ("before", "after")
    return {
        (change.account_id, str(role), str(change.value(_ROLE_POLICIES[change.type], moment)))
        for change in plan.changes
        if change.type in _ROLE_POLICIES
        for moment in moments
        for role in _roles(change, moment)
    }


def _roles(change: ResourceChange, moment: Moment) -> list[Any]:
    """The roles that a resource names."""
    roles = change.value("roles", moment)
    return roles if isinstance(roles, list) else [change.value("role", moment)]
