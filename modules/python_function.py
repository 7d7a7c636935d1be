"""PythonFunction: a Lambda function with its execution role, log group and identity policies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cdktf
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionEphemeralStorage,
    LambdaFunctionLoggingConfig,
    LambdaFunctionTracingConfig,
    LambdaFunctionVpcConfig,
)
from constructs import Construct

from environments.company import VpcSettings
from modules.function_code import FunctionCode, code_arguments
from modules.lambda_package import package
from modules.location import Location
from modules.role_policies import grant, service_role
from modules.statements import Statements
from modules.statements.functions import logs_and_traces
from modules.statements.network import attach
from modules.statements.trust import trust
from modules.terraform_template import text_literal


class PythonFunction(Construct):
    """The package directory `source` as a function. Its handler is `handler` in `<source>/handler.py`.

    Args:
        name: the name of the function and of its role.
        source: the directory of the package, such as `lambdas/list_objects`.
        location: the function's account and Region.
        environment: its environment variables.
        needs: the IAM statements of each need; each need becomes a policy. None if the role exists already, under the
            function's name: `mapspan bootstrap` creates the source account's.
        reserved_concurrency: Lambda instances that are reserved for this function, None for none.
        ephemeral_storage_mb: the size of /tmp.
        code: what it runs. By default the package of `source`.
        vpc: the VPC that it runs in, None for none.
        provider: the account's provider, if it isn't the target account's.

    Exposes `arn`, `function`, and `role_arn`, a reference to the role if it is created here.
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
        needs: Mapping[str, Statements] | None,
        memory_mb: int,
        timeout_seconds: int,
        log_retention_days: int,
        reserved_concurrency: int | None = None,
        ephemeral_storage_mb: int = 512,
        code: FunctionCode | None = None,
        vpc: VpcSettings | None = None,
        provider: cdktf.TerraformProvider | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.arn = location.arn("lambda", f"function:{name}")
        log_group_name = f"/aws/lambda/{name}"
        log_group = CloudwatchLogGroup(
            self,
            "log_group",
            name=log_group_name,
            retention_in_days=log_retention_days,
            kms_key_id=location.log_kms_key_arn,
            provider=provider,
        )
        policies: list[IamRolePolicy] = []
        self.role_arn = location.role_arn(name)
        if needs is not None:
            role = service_role(
                self,
                "role",
                name=name,
                trust=trust("lambda"),
                provider=provider,
                location=location,
            )
            self.role_arn = role.arn
            log_group_arn = location.arn("logs", f"log-group:{log_group_name}")
            own = logs_and_traces(log_group_arn=log_group_arn, traces=location.has_function_traces)
            if vpc is not None:
                own |= attach(location=location, vpc=vpc, function_arn=self.arn)
            policies = grant(self, role, {**needs, **own}, provider=provider)
        code = code or FunctionCode(content=package(source))
        self.function = LambdaFunction(
            self,
            "this",
            function_name=name,
            role=self.role_arn,
            **vars(code_arguments(self, code, handler=f"{source.name}.handler.handler")),
            architectures=[code.architecture],
            memory_size=memory_mb,
            timeout=timeout_seconds,
            ephemeral_storage=LambdaFunctionEphemeralStorage(size=ephemeral_storage_mb),
            reserved_concurrent_executions=reserved_concurrency,
            environment=_variables(environment),
            logging_config=LambdaFunctionLoggingConfig(
                log_format="JSON" if location.has_json_logs else "Text", log_group=log_group_name
            ),
            tracing_config=LambdaFunctionTracingConfig(
                mode="Active" if location.has_function_traces else "PassThrough"
            ),
            vpc_config=_vpc_config(vpc),
            depends_on=[log_group, *policies],
            provider=provider,
        )


def _vpc_config(vpc: VpcSettings | None) -> LambdaFunctionVpcConfig | None:
    if vpc is None:
        return None
    return LambdaFunctionVpcConfig(subnet_ids=list(vpc.subnet_ids), security_group_ids=list(vpc.security_group_ids))


def _variables(environment: Mapping[str, str]) -> LambdaFunctionEnvironment | None:
    """The variables with their exact values, which may look like Terraform's templates."""
    values = {name: text_literal(value) for name, value in environment.items()}
    return LambdaFunctionEnvironment(variables=values) if values else None
