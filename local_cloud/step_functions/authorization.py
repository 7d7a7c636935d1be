"""The role of a machine: assumed as Step Functions does it, with its permissions decided by IAM."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from local_cloud.protocol import SECRET_ACCESS_KEY, SERVICE_PRINCIPAL_HEADER, SOURCE_ARN_HEADER
from local_cloud.step_functions.errors import PERMISSIONS, ApiError, StateFailure
from local_cloud.step_functions.machine import StateMachine
from local_cloud.step_functions.run import Role

# A session lasts an hour, and is renewed well before its end.
_SESSION_SECONDS = 45 * 60
SERVICE = "states.amazonaws.com"
# Retries are up to the definition: boto3 retries a call only once, for a lost connection.
_CONFIG = botocore.config.Config(
    max_pool_connections=64, retries={"total_max_attempts": 2}, read_timeout=900, parameter_validation=True
)
_session: Any = boto3.Session()  # the stubs' overloads want a literal service
_session_lock = threading.Lock()  # creating a client is not thread-safe


def account_client(service: str, account: str, region: str, endpoint_url: str) -> Any:
    """A client of the account's root. Only Step Functions' own decisions use it, never what a run does."""
    with _session_lock:
        return _session.client(
            service,
            region_name=region,
            endpoint_url=endpoint_url,
            aws_access_key_id=account,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=_CONFIG,
        )


class AssumedRole:
    """A session of `role_arn` for the machine `machine_arn`, opened when it is first needed."""

    def __init__(self, role_arn: str, machine_arn: str, region: str, endpoint_url: str) -> None:
        self._role_arn = role_arn
        self._machine_arn = machine_arn
        self._account = role_arn.split(":")[4]
        self._region = region
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._credentials: dict[str, Any] = {}
        self._arn = ""
        self._renew_at = 0.0
        self._lock = threading.RLock()

    def assume(self) -> None:
        sts = account_client("sts", self._account, self._region, self._endpoint_url)
        sts.meta.events.register("before-call.sts.AssumeRole", _as_service(self._machine_arn))
        try:
            assumed = sts.assume_role(RoleArn=self._role_arn, RoleSessionName=secrets.token_hex(16))
        except botocore.exceptions.ClientError as error:
            raise ApiError(
                "AccessDeniedException",
                f"Neither the global service principal {SERVICE}, nor the regional one is authorized to"
                f" assume the provided role: {self._role_arn} for {self._machine_arn}",
            ) from error
        self._credentials = assumed["Credentials"]
        self._arn = assumed["AssumedRoleUser"]["Arn"]
        self._clients.clear()
        self._renew_at = time.monotonic() + _SESSION_SECONDS

    def client(self, service: str) -> Any:
        with self._lock:
            self._ensure_session()
            if service not in self._clients:
                with _session_lock:
                    self._clients[service] = _session.client(
                        service,
                        region_name=self._region,
                        endpoint_url=self._endpoint_url,
                        aws_access_key_id=self._credentials["AccessKeyId"],
                        aws_secret_access_key=self._credentials["SecretAccessKey"],
                        aws_session_token=self._credentials["SessionToken"],
                        config=_CONFIG,
                    )
            return self._clients[service]

    def _ensure_session(self) -> None:
        if time.monotonic() < self._renew_at:
            return
        try:
            self.assume()
        except ApiError as refusal:
            raise StateFailure(PERMISSIONS, refusal.message) from refusal

    def require(self, action: str, resource: str) -> None:
        with self._lock:
            self._ensure_session()
        if self.denied([action], resource):
            raise StateFailure(
                PERMISSIONS,
                f"User: {self._arn} is not authorized to perform: {action} on resource: {resource}"
                f" because no identity-based policy allows the {action} action",
            )

    def denied(self, actions: list[str], resource: str) -> list[str]:
        iam = account_client("iam", self._account, self._region, self._endpoint_url)
        # MiniStack finds a role by its name alone, without a path.
        source = f"arn:aws:iam::{self._account}:role/{self._role_arn.rpartition('/')[2]}"
        answer = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=actions, ResourceArns=[resource])
        results = answer["EvaluationResults"]
        return [result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed"]


def _as_service(machine_arn: str) -> Callable[..., None]:
    """Adds the headers that name the calling service: see local_cloud/patches/service_roles.py."""

    def add(params: dict[str, Any], **_: Any) -> None:
        params["headers"][SERVICE_PRINCIPAL_HEADER] = SERVICE
        params["headers"][SOURCE_ARN_HEADER] = machine_arn

    return add


class Roles:
    """The roles of machines. Each call of `of` gives a session of its own."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url

    def of(self, machine: StateMachine) -> Role:
        return AssumedRole(machine.role_arn, str(machine.arn), machine.arn.region, self._endpoint_url)


# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
LOG_DELIVERY_ACTIONS = [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
]


def check_log_delivery(role: Role, logging: dict[str, Any]) -> None:
    """The role of a machine with logging must be allowed to deliver logs when the machine is created, as on AWS."""
    if logging.get("level", "OFF") != "OFF" and role.denied(LOG_DELIVERY_ACTIONS, "*"):
        raise ApiError(
            "AccessDeniedException",
            "The state machine IAM Role is not authorized to access the Log Destination",
        )
