"""A deployment: one environment's resources, located by its settings, and the clients that reach them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from environments.environment import Environment
from environments.files import load
from local_cloud import detached
from local_cloud.protocol import SECRET_ACCESS_KEY
from mapspan.checkout import LOCAL_CLOUD, CommandError
from modules.location import Location, console_host
from modules.resource_names import function_name

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

# As many as requests for the results of batches go on at the same time. Any more would be opened for one request.
_S3_CONNECTIONS = 16


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """An environment as deployed.

    Args:
        local_cloud_url: the local cloud that it is deployed to. None for AWS, with the caller's own credentials.
    """

    environment: Environment
    local_cloud_url: str | None = None

    @property
    def state_machine_arn(self) -> str:
        return self._location.arn("states", f"stateMachine:{self.environment.prefix}")

    @property
    def runs_bucket(self) -> str:
        return self.environment.runs_bucket

    def execution_arn(self, execution: str) -> str:
        """The ARN of an execution, from its name or its ARN.

        Raises:
            CommandError: the ARN is not the ARN of an execution of this environment.
        """
        own = self._location.arn("states", f"execution:{self.environment.prefix}:")
        if not execution.startswith("arn:"):
            return own + execution
        if not execution.startswith(own):
            raise CommandError(
                f"{execution} is not an execution of {self.environment.name}, whose ARNs begin with {own}"
                " (pass the execution's name, or the environment that it belongs to)"
            )
        return execution

    def console_url(self, execution_arn: str) -> str | None:
        """The execution's page in the AWS console; None on the local cloud, which has no console."""
        if self.local_cloud_url is not None:
            return None
        region = self.environment.region
        page = f"/states/home?region={region}#/v2/executions/details/{execution_arn}"
        return f"https://{console_host(region)}{page}"

    @property
    def logs_url(self) -> str | None:
        """The page of the processing function's log in the AWS console; None on the local cloud.

        The console encodes a log group's slashes twice, with `$` for `%`.
        """
        if self.local_cloud_url is not None:
            return None
        region = self.environment.region
        group = f"/aws/lambda/{function_name(self.environment.prefix, 'process_objects')}".replace("/", "$252F")
        page = f"/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}"
        return f"https://{console_host(region)}{page}"

    def step_functions(self) -> SFNClient:
        """The target account's Step Functions."""
        # TestState has a host of its own, sync-states.<region>.amazonaws.com; the local cloud has one address.
        config = Config(inject_host_prefix=self.local_cloud_url is None)
        return self._target_session().client("stepfunctions", endpoint_url=self.local_cloud_url, config=config)

    def functions(self) -> LambdaClient:
        """The target account's Lambda."""
        return self._target_session().client("lambda", endpoint_url=self.local_cloud_url)

    def logs(self) -> CloudWatchLogsClient:
        """The target account's CloudWatch Logs. AWS takes 5 to 10 FilterLogEvents a second, from all callers together.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
        """
        config = Config(retries={"mode": "adaptive", "total_max_attempts": 10})
        return self._target_session().client("logs", endpoint_url=self.local_cloud_url, config=config)

    def iam(self) -> IAMClient:
        """The target account's IAM."""
        return self._target_session().client("iam", endpoint_url=self.local_cloud_url)

    def source_s3(self) -> S3Client | None:
        """The source account's S3, with the deploy role; None if the environment has no access to that account."""
        source = self.environment.source
        if source.bucket_policy == "handover":
            return None
        session = boto3.Session(region_name=self.environment.source_region)
        if self.local_cloud_url is not None:
            session = boto3.Session(
                region_name=self.environment.source_region,
                aws_access_key_id=source.account_id,
                aws_secret_access_key=SECRET_ACCESS_KEY,
            )
        elif source.deploy_role_arn:
            assumed = session.client("sts").assume_role(
                RoleArn=source.deploy_role_arn, RoleSessionName="mapspan-check-access"
            )["Credentials"]
            session = boto3.Session(
                region_name=self.environment.source_region,
                aws_access_key_id=assumed["AccessKeyId"],
                aws_secret_access_key=assumed["SecretAccessKey"],
                aws_session_token=assumed["SessionToken"],
            )
        return session.client("s3", endpoint_url=self.local_cloud_url)

    def s3(self) -> S3Client:
        """The target account's S3."""
        config = Config(max_pool_connections=_S3_CONNECTIONS)
        return self._target_session().client("s3", endpoint_url=self.local_cloud_url, config=config)

    def sts(self) -> STSClient:
        """The target account's STS, with little patience: nothing that is done depends on it."""
        config = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})
        return self._target_session().client("sts", endpoint_url=self.local_cloud_url, config=config)

    @property
    def _location(self) -> Location:
        return Location(account_id=self.environment.target.account_id, region=self.environment.region)

    def _target_session(self) -> boto3.Session:
        region, account_id = self.environment.region, self.environment.target.account_id
        if self.local_cloud_url is None:
            return boto3.Session(region_name=region)
        return boto3.Session(region_name=region, aws_access_key_id=account_id, aws_secret_access_key=SECRET_ACCESS_KEY)


def find_deployment(name: str) -> Deployment:
    """The deployment of the environment with this name.

    Raises:
        SettingsError: no such environment exists, or its file has errors.
        CommandError: the environment is deployed to the local cloud, which is not running.
    """
    environment = load(name)
    if not environment.is_local:
        return Deployment(environment=environment)
    running = detached.running_cloud(LOCAL_CLOUD)
    if running is None:
        raise CommandError(
            f"no local cloud is running: start one with `mapspan local start`, then `cdktf deploy {name}`"
        )
    return Deployment(environment=environment, local_cloud_url=running.endpoint_url)
