"""A deployment: one environment's resources, found from its settings, and the clients to reach them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from environments.settings import Environment
from local_cloud.process import SECRET_ACCESS_KEY
from modules.location import Location

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where an environment runs.

    Args:
        local_cloud_url: the local cloud it was deployed to; None for AWS, with the caller's own credentials.
    """

    environment: Environment
    local_cloud_url: str | None = None

    @property
    def state_machine_arn(self) -> str:
        return self._location.arn("states", f"stateMachine:{self.environment.prefix}")

    @property
    def runs_bucket(self) -> str:
        return self.environment.runs_bucket

    def step_functions(self) -> SFNClient:
        """The target account's Step Functions."""
        return self._target_session().client("stepfunctions", endpoint_url=self.local_cloud_url)

    def s3(self) -> S3Client:
        """The target account's S3."""
        return self._target_session().client("s3", endpoint_url=self.local_cloud_url)

    @property
    def _location(self) -> Location:
        return Location(account_id=self.environment.target.account_id, region=self.environment.region)

    def _target_session(self) -> boto3.Session:
        region, account_id = self.environment.region, self.environment.target.account_id
        if self.local_cloud_url is None:
            return boto3.Session(region_name=region)
        return boto3.Session(region_name=region, aws_access_key_id=account_id, aws_secret_access_key=SECRET_ACCESS_KEY)
