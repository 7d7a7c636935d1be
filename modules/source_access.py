"""SourceAccess: the source account's side, made through its own provider."""

from __future__ import annotations

import json
from pathlib import Path

import cdktf
from cdktf_cdktf_provider_aws.kms_grant import KmsGrant
from cdktf_cdktf_provider_aws.lambda_invocation import LambdaInvocation
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from constructs import Construct

from modules.location import Location
from modules.python_function import PythonFunction
from modules.role_policies import policy_json
from modules.statements import Statements, functions
from modules.terraform_template import json_literal

MERGE_SECONDS = 120  # IAM may take a minute to tell S3 of the roles that the statements name


class OwnPolicy(Construct):
    """The source bucket's policy. It replaces the whole policy that the bucket may have had, and the plan warns of it.

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
        # A check warns and never fails: neither where there is a policy to replace, nor where there is none to read.
        # https://developer.hashicorp.com/terraform/language/block/check
        ours = json.dumps(sorted(str(statement["Sid"]) for statement in statements))
        existing = 'jsondecode(data.aws_s3_bucket_policy.existing.policy)["Statement"]'
        cdktf.TerraformStack.of(self).add_override(
            "check.source_bucket_policy_is_ours",
            {
                "data": {"aws_s3_bucket_policy": {"existing": {"provider": provider.fqn, "bucket": bucket}}},
                "assert": {
                    "condition": f'${{alltrue([for s in {existing} : contains({ours}, lookup(s, "Sid", ""))])}}',
                    "error_message": (
                        f'The policy of {bucket} holds statements that are not ours, and source.bucket_policy = "own"'
                        ' replaces them: ${join(", ", [for s in '
                        + existing
                        + f' : lookup(s, "Sid", "(without a Sid)") if !contains({ours}, lookup(s, "Sid", ""))])}}.'
                        ' Set "merge" to keep them.'
                    ),
                },
            },
        )


class MergedPolicy(Construct):
    """Statements of ours among those that the source bucket's policy has; destroying takes ours out again.

    Terraform alone can't: `aws_s3_bucket_policy` deletes the whole policy when it is destroyed. So a function in the
    source account, which may change this one policy and nothing else, puts ours in and takes them out, by Sid.

    Args:
        provider, statements: as of `OwnPolicy`; the Sids are ours alone.
        source: the function's package directory.
        name: the function's and its role's name.
        location: the source bucket's account and Region.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: cdktf.TerraformProvider,
        bucket: str,
        statements: Statements,
        source: Path,
        name: str,
        location: Location,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        merge = PythonFunction(
            self,
            "merge_statements",
            name=name,
            source=source,
            location=location,
            environment={},
            needs=functions.merge_statements(bucket_arn=location.bucket_arn(bucket)),
            memory_mb=256,
            timeout_seconds=MERGE_SECONDS,
            log_retention_days=log_retention_days,
            provider=provider,
        )
        LambdaInvocation(
            self,
            "bucket_policy",
            provider=provider,
            function_name=merge.function.function_name,
            lifecycle_scope="CRUD",
            input=json_literal({"bucket": bucket, "account_id": location.account_id, "statements": list(statements)}),
        )


class KeyGrant(Construct):
    """The reader's use of the source bucket's key: a grant, since the key's policy is its owner's.

    It can't say for which objects; the reader's own policy does. https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: cdktf.TerraformProvider, key_arn: str, name: str, reader: str
    ) -> None:
        super().__init__(scope, id_)
        KmsGrant(
            self,
            "this",
            provider=provider,
            name=name,
            key_id=key_arn,
            grantee_principal=reader,
            operations=["Decrypt"],
        )


class Handover(Construct):
    """What the source account's owner has to apply, where we may not: files beside the stacks, and outputs.

    Args:
        directory: where the files go, below the app's output.
        statements: the bucket policy's, with roles as ARNs: there is no Terraform on the other side to resolve them.
        key_statement: the key policy's, None where no customer's key is used.
        words: what to do with them, in Markdown.

    Exposes `outputs`: output names and values.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        directory: Path,
        statements: Statements,
        key_statement: dict[str, object] | None,
        words: str,
    ) -> None:
        super().__init__(scope, id_)
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "README.md").write_text(words, encoding="utf-8")
        (directory / "bucket-policy.json").write_text(json.dumps(policy, indent=2) + "\n", encoding="utf-8")
        self.outputs = {"handover_bucket_policy": json_literal(policy)}
        key_file = directory / "key-policy-statement.json"
        key_file.unlink(missing_ok=True)
        if key_statement is not None:
            key_file.write_text(json.dumps(key_statement, indent=2) + "\n", encoding="utf-8")
            self.outputs["handover_key_policy_statement"] = json_literal(key_statement)
