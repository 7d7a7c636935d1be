"""Roles and buckets with their policies, as plain documents: what IAM decides from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Document = Mapping[str, Any]  # a policy as JSON
Statement = Mapping[str, Any]  # one of its statements

# What IAM itself fills in: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
POLICY_VARIABLE = re.compile(r"\$\{[\w.-]+:[^}]+\}|\$\{[*?$]\}")
ACCOUNT_OF = re.compile(r"arn:[^:]+:[^:]+:[^:]*:(\d{12}):")


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role's policies by name, and its trust policy."""

    policies: Mapping[str, Document]
    trust: Document


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket's account, and its policy if it has one."""

    account_id: str
    policy: Document | None = None


@dataclass(frozen=True)
class StatementLocation:
    """Where a statement stands: the kind of policy, its owner and name, and the statement's number in it."""

    kind: str
    owner: str
    policy: str
    number: int
    sid: str

    def __str__(self) -> str:
        return f"{self.owner} {self.policy} {self.sid or self.number}"


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Roles by ARN and buckets by name. `resource_policies` are those of keys, queues and so on, by ARN."""

    roles: Mapping[str, Role] = field(default_factory=dict)
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    resource_policies: Mapping[str, Document] = field(default_factory=dict)

    def joined(self, other: "Accounts") -> "Accounts":
        """The roles and buckets of both."""
        return Accounts(
            roles={**self.roles, **other.roles},
            buckets={**self.buckets, **other.buckets},
            resource_policies={**self.resource_policies, **other.resource_policies},
        )

    def documents(self) -> Iterator[tuple[str, str, str, Document]]:
        """Every policy: its kind, its owner, its name, the document."""
        for arn, role in self.roles.items():
            for name, document in role.policies.items():
                yield "identity", arn, name, document
            yield "trust", arn, "trust policy", role.trust
        for name, bucket in self.buckets.items():
            if bucket.policy is not None:
                yield "bucket", name, "bucket policy", bucket.policy
        for arn, document in self.resource_policies.items():
            yield "resource", arn, "resource policy", document

    def statements(self) -> Iterator[tuple[StatementLocation, Statement]]:
        """Every statement and its location."""
        for kind, owner, policy, document in self.documents():
            for number, statement in enumerate(document["Statement"]):
                yield StatementLocation(kind, owner, policy, number, statement.get("Sid", "")), statement

    def without(self, location: StatementLocation) -> "Accounts":
        """The same accounts without one statement."""
        return self.with_statement(location, None)

    def with_statement(self, location: StatementLocation, statement: Statement | None) -> "Accounts":
        """The same accounts with one statement replaced, or removed if `statement` is None."""

        def changed(document: Document) -> Document:
            statements = list(document["Statement"])
            statements[location.number : location.number + 1] = [] if statement is None else [statement]
            return {**document, "Statement": statements}

        if location.kind == "bucket":
            bucket = self.buckets[location.owner]
            bucket = replace(bucket, policy=changed(bucket.policy or {"Statement": []}))
            return replace(self, buckets={**self.buckets, location.owner: bucket})
        if location.kind == "resource":
            policy = changed(self.resource_policies[location.owner])
            return replace(self, resource_policies={**self.resource_policies, location.owner: policy})
        role = self.roles[location.owner]
        if location.kind == "trust":
            role = replace(role, trust=changed(role.trust))
        else:
            policies = {**role.policies, location.policy: changed(role.policies[location.policy])}
            role = replace(role, policies=policies)
        return replace(self, roles={**self.roles, location.owner: role})

    def account_of(self, resource: str) -> str | None:
        """The account that owns a resource; None for a bucket that isn't among these."""
        if bucket := self.bucket_of(resource):
            return self.buckets[bucket].account_id if bucket in self.buckets else None
        match = ACCOUNT_OF.match(resource)
        return match.group(1) if match else None

    @staticmethod
    def bucket_of(resource: str) -> str | None:
        """The bucket of an S3 ARN."""
        service, _, rest = resource.partition(":s3:::")
        return rest.split("/")[0] if service.startswith("arn:") and rest else None

    def policy_of(self, resource: str, action: str) -> Document | None:
        """The policy on the resource's side of a call."""
        if bucket := self.bucket_of(resource):
            return self.buckets[bucket].policy if bucket in self.buckets else None
        if action.startswith("sts:AssumeRole") and resource in self.roles:
            return self.roles[resource].trust
        return self.resource_policies.get(resource)

    def unsound(self) -> Iterator[tuple[StatementLocation, str]]:
        """The statements that make decisions worthless, and why: a resource that is not an ARN matches everything."""
        for location, statement in self.statements():
            if location.kind != "trust" and "Resource" not in statement and "NotResource" not in statement:
                yield location, "names no Resource"
            for resource in (*as_list(statement.get("Resource")), *as_list(statement.get("NotResource"))):
                if "${" in POLICY_VARIABLE.sub("", resource):
                    yield location, f"{resource} is not resolved"
                elif resource != "*" and not resource.startswith("arn:"):
                    yield location, f"{resource} is neither * nor an ARN"

    def actions(self) -> Iterator[tuple[StatementLocation, str]]:
        """Every action that a statement names, with its wildcards."""
        for location, statement in self.statements():
            for action in (*as_list(statement.get("Action")), *as_list(statement.get("NotAction"))):
                yield location, action


def as_list(value: str | Sequence[str] | None) -> list[str]:
    """A statement's field, which may be one string or several, as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
