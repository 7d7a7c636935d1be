"""Location: an account and a Region, and the ARNs of what lives there.

ARNs built from names are known at plan time, so a reviewer reads them, and they make no cycles.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Location:
    """One account's one Region."""

    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of ARNs: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and Region, such as ("lambda", "function:name")."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    @property
    def account_arn(self) -> str:
        """The account as a principal: its root, and through it whom its IAM policies allow."""
        return f"arn:{self.partition}:iam::{self.account_id}:root"

    def role_arn(self, name: str) -> str:
        """The ARN of a role of this account."""
        return f"arn:{self.partition}:iam::{self.account_id}:role/{name}"

    def bucket_arn(self, bucket: str, keys: str | None = None) -> str:
        """The ARN of a bucket, or of the objects whose keys match `keys`."""
        return f"arn:{self.partition}:s3:::{bucket}" + ("" if keys is None else f"/{keys}")
