"""SourceAccess: the source account's side, made through its own provider."""

from __future__ import annotations

import cdktf
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from constructs import Construct

from modules.role_policies import policy_json
from modules.statements import Statements


class SourceAccess(Construct):
    """The source bucket's policy. It replaces the whole policy that the bucket may have had.

    Args:
        provider: the source account's provider.
        statements: from `modules.statements.source`, with roles referenced as attributes, so that Terraform makes them
            first and follows their replacement: S3 refuses a policy that names a role which doesn't exist.
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: cdktf.TerraformProvider, bucket: str, statements: Statements
    ) -> None:
        super().__init__(scope, id_)
        S3BucketPolicy(self, "bucket_policy", provider=provider, bucket=bucket, policy=policy_json(statements))
