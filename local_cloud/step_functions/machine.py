"""State machines."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from local_cloud.step_functions.arn import MachineArn


@dataclass
class StateMachine:
    """Times are in seconds since the epoch.

    `settings` are the API's fields that are kept without effect: logging, tracing and encryption.
    """

    arn: MachineArn
    kind: str
    role_arn: str
    definition_text: str
    definition: dict[str, Any]
    settings: dict[str, Any]
    tags: dict[str, str]
    created: float = field(default_factory=time.time)
    revision: str = field(default_factory=lambda: str(uuid.uuid4()))
    versions: dict[int, dict[str, Any]] = field(default_factory=dict)
    next_version: int = 1

    def describe(self) -> dict[str, Any]:
        """DescribeStateMachine's answer.
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
        """
        logging = {"level": "OFF", "includeExecutionData": False}
        return {
            "stateMachineArn": str(self.arn),
            "name": self.arn.name,
            "status": "ACTIVE",
            "definition": self.definition_text,
            "roleArn": self.role_arn,
            "type": self.kind,
            "creationDate": self.created,
            "loggingConfiguration": self.settings.get("loggingConfiguration", logging),
            "tracingConfiguration": self.settings.get("tracingConfiguration", {"enabled": False}),
            "encryptionConfiguration": self.settings.get("encryptionConfiguration", {"type": "AWS_OWNED_KEY"}),
            "revisionId": self.revision,
        }

    def publish(self, description: str) -> str:
        """Publishes a version; returns its ARN."""
        number, self.next_version = self.next_version, self.next_version + 1
        arn = f"{self.arn}:{number}"
        self.versions[number] = {
            "stateMachineVersionArn": arn,
            "creationDate": time.time(),
            "description": description,
        }
        return arn
