"""The two provider configurations: the target account's, and the source account's under the alias `source`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import cdktf
from cdktf_cdktf_provider_aws.provider import (
    AwsProvider,
    AwsProviderAssumeRole,
    AwsProviderDefaultTags,
    AwsProviderEndpoints,
)
from constructs import Construct

LOCAL_SERVICES = ("cloudwatch", "events", "iam", "kms", "lambda_", "logs", "s3", "scheduler", "sfn", "sns", "sts")


def deploy_role(scope: Construct, account: Literal["target", "source"], role_arn: str | None) -> str | None:
    """The role that Terraform assumes in an account, as a variable, so that a plan can use a role that only reads.

    It is ephemeral: a saved plan doesn't contain it, and the reviewed plan is applied with `role_arn`.
    https://developer.hashicorp.com/terraform/language/values/variables#exclude-values-from-state
    """
    if role_arn is None:
        return None
    name = f"{account}_role_arn"
    variable = cdktf.TerraformVariable(
        scope, name, type="string", default=role_arn, description=f"The role to assume in the {account} account."
    )
    variable.add_override("ephemeral", True)  # cdktf 0.21 is older than ephemeral variables
    return variable.string_value


def provider(
    scope: Construct,
    id_: str,
    *,
    account_id: str,
    region: str,
    tags: Mapping[str, str],
    deploy_role_arn: str | None,
    local_cloud_url: str | None,
    alias: str | None = None,
) -> AwsProvider:
    """A provider that refuses to touch any account but `account_id`.

    Args:
        local_cloud_url: the endpoint of all services of a local cloud, None for AWS. In a local cloud, the account id
            is the access key of the account's root.
    """
    aws = AwsProvider(
        scope,
        id_,
        alias=alias,
        region=region,
        allowed_account_ids=[account_id],
        default_tags=[AwsProviderDefaultTags(tags=dict(tags))],
        # Structs, not dicts: in a list argument, jsii silently drops a dict's keys that have several words.
        assume_role=[AwsProviderAssumeRole(role_arn=deploy_role_arn)] if deploy_role_arn else None,
    )
    if local_cloud_url is not None:
        aws.access_key = account_id
        aws.secret_key = "test"  # noqa: S105 - the local cloud's key for the root of every account, not a secret
        aws.skip_metadata_api_check = "true"
        aws.skip_region_validation = True
        aws.s3_use_path_style = True
        aws.endpoints = [AwsProviderEndpoints(**dict.fromkeys(LOCAL_SERVICES, local_cloud_url))]
    return aws
