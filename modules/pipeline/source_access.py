"""SourceAccess: the access to the source bucket, applied through the source account's own provider."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cdktf
from cdktf_cdktf_provider_aws.data_aws_s3_bucket import DataAwsS3Bucket
from cdktf_cdktf_provider_aws.kms_grant import KmsGrant
from cdktf_cdktf_provider_aws.lambda_invocation import LambdaInvocation
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from constructs import Construct

from modules.location import Location
from modules.python_function import PythonFunction
from modules.resource_names import function_name
from modules.role_policies import policy_json
from modules.statements import Statements
from modules.terraform_template import json_literal

MERGE_STATEMENTS = Path(__file__).parents[2] / "lambdas" / "merge_statements"
MERGE_SECONDS = 120  # S3 may not know a new role that the statements name for up to a minute


class SourceAccess(Construct):
    """The statements in the source bucket's policy, and the use of its key.

    Args:
        provider: the source account's provider.
        location: the source bucket's account and Region.
        bucket_policy: "own" replaces the whole policy of the bucket, if it has one. "merge" adds the statements to the
            bucket's policy, and removes them on destroy.
        statements: from `modules.statements.source`, with roles referenced as attributes, so that Terraform creates the
            roles first and follows their replacement: S3 refuses a policy that names a role which doesn't exist. To
            merge, the Sids must be ours alone.
        prefix: what the names of the functions, roles and grants in the source account begin with.

    Exposes `consequence`, a sentence for the plan: an `aws_s3_bucket_policy` doesn't show what it replaces.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: cdktf.TerraformProvider,
        location: Location,
        bucket: str,
        bucket_policy: Literal["own", "merge"],
        statements: Statements,
        prefix: str,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._prefix = prefix
        self._find(bucket, location)
        self.consequence = f"{bucket} keeps its policy; our statements are added to it by Sid, and destroy removes them"
        if bucket_policy == "own":
            self.consequence = f"the whole policy of {bucket} is REPLACED by ours, and destroy deletes it"
            self._replace(bucket, statements)
        else:
            self._merge(bucket, statements, location, log_retention_days)

    def grant_key(self, key_arn: str, reader: str) -> None:
        """Let the reader use the source bucket's key: by a grant, since the key's policy is its owner's.

        A grant can't name the objects; the reader's own policy does.
        https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
        """
        KmsGrant(
            self,
            "key_grant",
            provider=self._provider,
            name=function_name(self._prefix, "process_objects"),
            key_id=key_arn,
            grantee_principal=reader,
            operations=["Decrypt"],
        )

    def _find(self, bucket: str, location: Location) -> None:
        """Fail the plan if the bucket doesn't exist, belongs to another account, or lies in another Region.

        S3 answers about a bucket only to its owner and to those whom the owner's policy allows.
        """
        data_source = DataAwsS3Bucket(self, "bucket", provider=self._provider, bucket=bucket)
        # cdktf's own argument can't refer to the data source itself
        data_source.add_override(
            "lifecycle.postcondition",
            [
                {
                    "condition": f'${{self.region == "{location.region}"}}',
                    "error_message": f"{bucket} is in ${{self.region}}, but the environment says {location.region}:"
                    " correct source.region.",
                }
            ],
        )

    def _replace(self, bucket: str, statements: Statements) -> None:
        S3BucketPolicy(self, "bucket_policy", provider=self._provider, bucket=bucket, policy=policy_json(statements))

    def _merge(self, bucket: str, statements: Statements, location: Location, log_retention_days: int) -> None:
        """Add our statements with a function in the source account, and remove them by Sid on destroy.

        Terraform alone can't: `aws_s3_bucket_policy` deletes the whole policy on destroy. The function may change this
        one policy and nothing else. Its role is bootstrap's: the deploy role creates none in this account.
        """
        merge = PythonFunction(
            self,
            "merge_statements",
            name=function_name(self._prefix, "merge_statements"),
            source=MERGE_STATEMENTS,
            location=location,
            environment={},
            needs=None,
            memory_mb=256,
            timeout_seconds=MERGE_SECONDS,
            log_retention_days=log_retention_days,
            provider=self._provider,
        )
        LambdaInvocation(
            self,
            "bucket_policy",
            provider=self._provider,
            function_name=merge.function.function_name,
            lifecycle_scope="CRUD",
            input=json_literal({"bucket": bucket, "account_id": location.account_id, "statements": list(statements)}),
        )
