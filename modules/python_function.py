"""PythonFunction: a Lambda function with its execution role, log group and identity policies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cdktf
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionLoggingConfig,
    LambdaFunctionTracingConfig,
)
from constructs import Construct

from modules.jobs.platform import LAMBDA_PYTHON, Architecture
from modules.lambda_package import code_hash, package
from modules.location import Location
from modules.role_policies import grant
from modules.statements import Statements
from modules.statements.functions import logs_and_traces
from modules.statements.trust import trust
from modules.terraform_template import json_literal, text_literal

RUNTIME = f"python{LAMBDA_PYTHON}"


class PythonFunction(Construct):
    """The package directory `source` as a function. Its handler is `handler` in `<source>/handler.py`.

    Args:
        name: the name of the function and of its role.
        source: the directory of the package, such as `lambdas/list_objects`.
        location: the function's account and Region.
        environment: its environment variables.
        needs: the IAM statements of each need; each need becomes a policy.
        reserved_concurrency: Lambda instances that are reserved for this function, None for none.
        code: its zip. By default the package of `source`.
        architecture: the processor that it runs on.
        provider: the account's provider, if it isn't the target account's.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        source: Path,
        location: Location,
        environment: Mapping[str, str],
        needs: Mapping[str, Statements],
        memory_mb: int,
        timeout_seconds: int,
        log_retention_days: int,
        reserved_concurrency: int | None = None,
        code: bytes | None = None,
        architecture: Architecture = "arm64",
        provider: cdktf.TerraformProvider | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.arn = location.arn("lambda", f"function:{name}")
        log_group_name = f"/aws/lambda/{name}"
        log_group = CloudwatchLogGroup(
            self, "log_group", name=log_group_name, retention_in_days=log_retention_days, provider=provider
        )
        self.role = IamRole(
            self, "role", name=name, assume_role_policy=json_literal(trust("lambda")), provider=provider
        )
        own = logs_and_traces(log_group_arn=location.arn("logs", f"log-group:{log_group_name}"))
        policies = grant(self, self.role, {**needs, **own}, provider=provider)
        content = package(source) if code is None else code
        self.function = LambdaFunction(
            self,
            "this",
            function_name=name,
            role=self.role.arn,
            runtime=RUNTIME,
            architectures=[architecture],
            handler=f"{source.name}.handler.handler",
            filename=_asset(self, content),
            source_code_hash=code_hash(content),
            memory_size=memory_mb,
            timeout=timeout_seconds,
            reserved_concurrent_executions=reserved_concurrency,
            environment=_variables(environment),
            logging_config=LambdaFunctionLoggingConfig(log_format="JSON", log_group=log_group_name),
            tracing_config=LambdaFunctionTracingConfig(mode="Active"),
            depends_on=[log_group, *policies],
            provider=provider,
        )


def _variables(environment: Mapping[str, str]) -> LambdaFunctionEnvironment | None:
    """The variables with their exact values, which may look like Terraform's templates."""
    values = {name: text_literal(value) for name, value in environment.items()}
    return LambdaFunctionEnvironment(variables=values) if values else None


def _asset(scope: Construct, content: bytes) -> str:
    """Write `content` to the stack's assets and return its path, relative to the stack's directory."""
    outdir = Path(cdktf.App.of(scope).outdir)
    path = outdir / "functions" / f"{scope.node.id}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    asset = cdktf.TerraformAsset(scope, "package", path=str(path.resolve()), type=cdktf.AssetType.FILE)
    return asset.path
