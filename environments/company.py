"""The settings that a company's rules ask for."""

from __future__ import annotations

from pydantic import Field

from environments.group import Settings
from environments.values import KeyArn, NamePrefix, PolicyArn, RolePath, SecurityGroupId, SubnetId


class AccountRules(Settings):
    """A company's rules in one account."""

    permissions_boundary_arn: PolicyArn | None = Field(
        default=None,
        description="The permissions boundary of each role that mapspan creates in this account. Without it,"
        " `mapspan bootstrap` writes one for an account with a deploy role.",
    )
    role_path: RolePath = Field(default="/", description="The path of each role that mapspan creates in this account.")
    log_kms_key_arn: KeyArn | None = Field(
        default=None,
        description="The customer managed KMS key that encrypts the log groups in this account. Its key policy must"
        " let CloudWatch Logs use it.",
    )


class VpcSettings(Settings):
    """The VPC of the functions in the target account."""

    subnet_ids: tuple[SubnetId, ...] = Field(min_length=1, max_length=16, description="The functions' subnets.")
    security_group_ids: tuple[SecurityGroupId, ...] = Field(
        min_length=1, max_length=5, description="The functions' security groups."
    )


class CompanySettings(Settings):
    """A company's rules. What all environments share is written once, in environments/defaults.toml."""

    name_prefix: NamePrefix = Field(
        default="mapspan", description="What the names of all resources begin with; the environment's name follows."
    )
    target: AccountRules = Field(default=AccountRules(), description="The rules in the target account.")
    source: AccountRules = Field(
        default=AccountRules(), description="The rules in the source account, where a deploy may create a function."
    )
    vpc: VpcSettings | None = Field(
        default=None, description="The VPC of all functions in the target account. Without it, they run in none."
    )
