"""Roles, buckets and the policies of both, as plain documents: what IAM decides from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Document = Mapping[str, Any]  # a policy as JSON
Statement = Mapping[str, Any]  # one of its statements

# What IAM itself fills in: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
POLICY_VARIABLE = re.compile(r"\$\{(aws|s3|kms|sts|iam|states):[^}]+\}|\$\{[*?$]\}")
ACCOUNT_OF = re.compile(r"arn:[^:]+:[^:]+:[^:]*:(\d{12}):")


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role's policies by name, and who may assume it."""

    policies: Mapping[str, Document]
    trust: Document


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """The account that owns a bucket, and its policy if it has one."""

    account_id: str
    policy: Document | None = None


@dataclass(frozen=True)
class Place:
    """Where a statement stands: which kind of policy, of whom, its name, and its number in it."""

    kind: str
    owner: str
    policy: str
    number: int
    sid: str

    def __str__(self) -> str:
        return f"{self.owner} {self.policy} {self.sid or self.number}"


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Roles and buckets by ARN and name; `resource_policies` are those of keys, queues and so on, by ARN."""

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

    def statements(self) -> Iterator[tuple[Place, Statement]]:
        """Every statement, and where it stands."""
        for kind, owner, policy, document in self.documents():
            for number, statement in enumerate(document["Statement"]):
                yield Place(kind, owner, policy, number, statement.get("Sid", "")), statement

    def without(self, place: Place) -> "Accounts":
        """The same, but for one statement that is taken out."""
        return self.with_statement(place, None)

    def with_statement(self, place: Place, statement: Statement | None) -> "Accounts":
        """The same, but for one statement that is another, or taken out."""

        def changed(document: Document) -> Document:
            statements = list(document["Statement"])
            statements[place.number : place.number + 1] = [] if statement is None else [statement]
            return {**document, "Statement": statements}

        if place.kind == "bucket":
            bucket = self.buckets[place.owner]
            bucket = replace(bucket, policy=changed(bucket.policy or {"Statement": []}))
            return replace(self, buckets={**self.buckets, place.owner: bucket})
        if place.kind == "resource":
            policy = changed(self.resource_policies[place.owner])
            return replace(self, resource_policies={**self.resource_policies, place.owner: policy})
        role = self.roles[place.owner]
        if place.kind == "trust":
            role = replace(role, trust=changed(role.trust))
        else:
            policies = {**role.policies, place.policy: changed(role.policies[place.policy])}
            role = replace(role, policies=policies)
        return replace(self, roles={**self.roles, place.owner: role})

    def account_of(self, resource: str) -> str | None:
        """The account that owns a resource; None for a bucket that is none of ours."""
        if bucket := self.bucket_of(resource):
            return self.buckets[bucket].account_id if bucket in self.buckets else None
        found = ACCOUNT_OF.match(resource)
        return found.group(1) if found else None

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

    def unsound(self) -> Iterator[str]:
        """What would make decisions worthless: resources that are no ARNs, which match everything."""
        for place, statement in self.statements():
            if place.kind != "trust" and "Resource" not in statement and "NotResource" not in statement:
                yield f"{place}: names no Resource"
            for resource in (*listed(statement.get("Resource")), *listed(statement.get("NotResource"))):
                if "${" in POLICY_VARIABLE.sub("", resource):
                    yield f"{place}: {resource} is not resolved"
                elif resource != "*" and not resource.startswith("arn:"):
                    yield f"{place}: {resource} is neither * nor an ARN"

    def actions(self) -> Iterator[tuple[Place, str]]:
        """Every action that a statement names, wildcards and all."""
        for place, statement in self.statements():
            for action in (*listed(statement.get("Action")), *listed(statement.get("NotAction"))):
                yield place, action


def listed(value: str | Sequence[str] | None) -> list[str]:
    """A field of a statement that is one text or several."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
