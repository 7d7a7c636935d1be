"""The AWS providers of the two accounts."""

from __future__ import annotations

import cdktf
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from environments.environment import Environment
from modules.providers import deploy_role, provider


def account_providers(scope: Construct, environment: Environment) -> AwsProvider | None:
    """Create the target account's provider, which every resource takes by default, and the source account's.

    Returns the source account's provider; None if the source account's owner applies its side (handover).
    """
    url = _local_cloud_url(scope, environment)
    provider(
        scope,
        "aws",
        account_id=environment.target.account_id,
        region=environment.region,
        tags=environment.tags,
        deploy_role_arn=deploy_role(scope, "target", environment.target.deploy_role_arn),
        local_cloud_url=url,
    )
    if environment.source.bucket_policy == "handover":
        return None
    return provider(
        scope,
        "aws_source",
        alias="source",
        account_id=environment.source.account_id,
        region=environment.source_region,
        tags=environment.tags,
        deploy_role_arn=deploy_role(scope, "source", environment.source.deploy_role_arn),
        local_cloud_url=url,
    )


def _local_cloud_url(scope: Construct, environment: Environment) -> str | None:
    """The local cloud's address as a variable, so that one synthesized stack deploys to it on any free port."""
    if environment.local_cloud_url is None:
        return None
    return cdktf.TerraformVariable(
        scope,
        "local_cloud_url",
        type="string",
        default=environment.local_cloud_url,
        description="The local cloud's address.",
    ).string_value
