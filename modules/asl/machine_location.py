"""MachineLocation: where a state machine is, and the ARNs that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modules.location import Location


@dataclass(frozen=True, kw_only=True)
class MachineLocation(Location):
    """An account and a Region, the name of the state machine, and the KMS key ARN of each bucket that has one.

    `own_partition` is the partition of its ARNs if it doesn't follow from the Region.
    """

    machine: str
    kms_keys: Mapping[str, str] = field(default_factory=dict)
    own_partition: str | None = None

    @property
    def partition(self) -> str:
        return self.own_partition or super().partition

    def machine_arn(self) -> str:
        """The ARN of the state machine."""
        return self.arn("states", f"stateMachine:{self.machine}")


def is_arn(value: str) -> bool:
    """Whether a value is an ARN, or a CDKTF token, which stands for one."""
    return value.startswith(("arn:", "${TfToken["))
