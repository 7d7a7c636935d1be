"""Location: an account and a Region, and the ARNs of the resources there.

ARNs that are built from names are known at plan time: reviewers can read them, and they cause no cycles.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Location:
    """One Region of one account, with the company's rules for what is created there.

    Args:
        role_path: the path of each role, with its slashes.
        permissions_boundary_arn: the permissions boundary of each role; None if roles have none.
        log_kms_key_arn: the KMS key of each log group; None for CloudWatch's own.
    """

    account_id: str
    region: str
    role_path: str = "/"
    permissions_boundary_arn: str | None = None
    log_kms_key_arn: str | None = None

    @property
    def partition(self) -> str:
        """The partition of its ARNs."""
        return region_partition(self.region)

    @property
    def has_json_logs(self) -> bool:
        """Whether Lambda writes its logs in JSON.

        https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-lambda.html
        """
        return self.partition != "aws-us-gov"

    @property
    def has_function_traces(self) -> bool:
        """Whether Lambda sends traces to X-Ray: https://docs.amazonaws.cn/en_us/aws/latest/userguide/lambda.html."""
        return self.partition != "aws-cn"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in this account and Region, such as ("lambda", "function:name")."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    @property
    def account_arn(self) -> str:
        """The account as a principal: its root, and each identity that the account's IAM policies allow."""
        return f"arn:{self.partition}:iam::{self.account_id}:root"

    def role_arn(self, name: str) -> str:
        """The ARN of a role in this account, at the path of its roles."""
        return f"arn:{self.partition}:iam::{self.account_id}:role{self.role_path}{name}"

    def bucket_arn(self, bucket: str, keys: str | None = None) -> str:
        """The ARN of a bucket, or of its objects whose keys match `keys`: one key, or a pattern such as `in/*`."""
        return f"arn:{self.partition}:s3:::{bucket}" + ("" if keys is None else f"/{keys}")


def region_partition(region: str) -> str:
    """The partition that contains `region`: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def console_host(region: str) -> str:
    """The host of the console's pages about `region`.

    https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/signing-into-govcloud.html
    https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
    """
    domains = {"aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}
    return f"{region}.console.{domains.get(region_partition(region), 'aws.amazon.com')}"


def dns_suffix(region: str) -> str:
    """The end of the host names of AWS services in `region`."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
