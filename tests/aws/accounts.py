"""The two accounts that are asked: of AWS, by profile, or of a local cloud, by its endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from local_cloud.process import REGION, SOURCE_ACCOUNT, TARGET_ACCOUNT
from local_cloud.protocol import SECRET_ACCESS_KEY
from mapspan.checkout import CommandError
from modules.location import Location


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """The target and the source account, with clients that have an administrator's permissions.

    Args:
        endpoint_url: the local cloud's; None for AWS.
    """

    target_session: boto3.Session
    source_session: boto3.Session
    target: Location
    source: Location
    endpoint_url: str | None = None

    @classmethod
    def of_profiles(cls, target_profile: str, source_profile: str) -> Accounts:
        """The accounts of two profiles, in the Region of the first one.

        Raises CommandError if both are profiles of one account, or the first names no Region.
        """
        target = boto3.Session(profile_name=target_profile)
        source = boto3.Session(profile_name=source_profile, region_name=target.region_name)
        if target.region_name is None:
            raise CommandError(f"the profile {target_profile} names no Region: add one, or set AWS_REGION")
        ids = [session.client("sts").get_caller_identity()["Account"] for session in (target, source)]
        if ids[0] == ids[1]:
            raise CommandError(f"both profiles are of account {ids[0]}: name profiles of two accounts")
        return cls(
            target_session=target,
            source_session=source,
            target=Location(account_id=ids[0], region=target.region_name),
            source=Location(account_id=ids[1], region=target.region_name),
        )

    @classmethod
    def of_local_cloud(cls, endpoint_url: str) -> Accounts:
        def session(account_id: str) -> boto3.Session:
            return boto3.Session(
                aws_access_key_id=account_id, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=REGION
            )

        return cls(
            target_session=session(TARGET_ACCOUNT),
            source_session=session(SOURCE_ACCOUNT),
            target=Location(account_id=TARGET_ACCOUNT, region=REGION),
            source=Location(account_id=SOURCE_ACCOUNT, region=REGION),
            endpoint_url=endpoint_url,
        )

    @property
    def is_local(self) -> bool:
        return self.endpoint_url is not None

    def in_target(self, service: str) -> Any:  # the stubs' overloads want a literal service
        """A client in the target account."""
        return self._client(self.target_session, service)

    def in_source(self, service: str) -> Any:
        """A client in the source account."""
        return self._client(self.source_session, service)

    def _client(self, session: boto3.Session, service: str) -> Any:
        # Some calls have a host of their own; the local cloud has one address.
        config = Config(inject_host_prefix=not self.is_local, retries={"mode": "standard", "max_attempts": 8})
        clients: Any = session
        return clients.client(service, endpoint_url=self.endpoint_url, config=config)
