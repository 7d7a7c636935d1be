"""CloudFormationStack: the template of what an administrator creates in one account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules.location import Location
from modules.statements import Statements, policy_document

# CloudFormation requires it for roles with names of our own.
CAPABILITY = "CAPABILITY_NAMED_IAM"

Template = Mapping[str, Any]
# The characters of all inline policies of a role, without white space:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_POLICIES_LENGTH = 10_240


@dataclass(frozen=True, kw_only=True)
class CloudFormationStack:
    """A CloudFormation stack in one account.

    Args:
        part: what it contains: "state" (the bucket), "target" or "source" (that account's roles).
        description: what it creates, for the person who applies it.
    """

    part: str
    name: str
    location: Location
    description: str
    resources: Mapping[str, Any]

    @property
    def policy_lengths(self) -> Iterator[tuple[str, int]]:
        """Each role's name, and the length of its policies."""
        for resource in self.resources.values():
            if resource["Type"] == "AWS::IAM::Role":
                documents = [policy["PolicyDocument"] for policy in resource["Properties"]["Policies"]]
                lengths = [len(json.dumps(document, separators=(",", ":"))) for document in documents]
                yield resource["Properties"]["RoleName"], sum(lengths)

    @property
    def template(self) -> Template:
        return {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": self.description,
            "Resources": self.resources,
        }

    def write(self, directory: Path) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"{self.part}.template.json"
        file.write_text(json.dumps(self.template, indent=2) + "\n", encoding="utf-8")
        return file


def role_resource(
    arn: str,
    needs: Mapping[str, Statements],
    trust: Mapping[str, object],
    *,
    boundary_arn: str | None = None,
    after: Sequence[str] = (),
) -> Mapping[str, Any]:
    """A role with a policy for each need.

    Args:
        boundary_arn: its permissions boundary, if it has one.
        after: the resources of the template that must exist first.
    """
    path, name = path_and_name(arn, "role")
    policies = [
        {"PolicyName": need, "PolicyDocument": policy_document(statements)} for need, statements in needs.items()
    ]
    return {
        "Type": "AWS::IAM::Role",
        **({"DependsOn": list(after)} if after else {}),
        "Properties": {
            "RoleName": name,
            "Path": path,
            "AssumeRolePolicyDocument": trust,
            **({"PermissionsBoundary": boundary_arn} if boundary_arn else {}),
            "Policies": policies,
        },
    }


def policy_resource(arn: str, document: Mapping[str, object], *, description: str) -> Mapping[str, Any]:
    """A managed policy."""
    path, name = path_and_name(arn, "policy")
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": name,
            "Path": path,
            "Description": description,
            "PolicyDocument": document,
        },
    }


def path_and_name(arn: str, kind: str) -> tuple[str, str]:
    """The path, with its slashes, and the name in the ARN of a role or a policy."""
    path, _, name = arn.partition(f":{kind}")[2].rpartition("/")
    return f"{path}/", name
