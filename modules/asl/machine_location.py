"""Where a state machine lives, and the ARNs that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class MachineLocation:
    """A partition, an account and a Region, the machine's name in them, and the keys of buckets that have one."""

    partition: str
    region: str
    account_id: str
    machine: str
    kms_keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def dns_suffix(self) -> str:
        """How the names of the partition's services end."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def machine_arn(self) -> str:
        """The machine itself."""
        return self.arn("states", f"stateMachine:{self.machine}")

    def bucket_arn(self, bucket: str) -> str:
        """A bucket."""
        return f"arn:{self.partition}:s3:::{bucket}"

    def object_arn(self, bucket: str, key: str) -> str:
        """An object, or with a `*` at the end what lies below a prefix."""
        return f"{self.bucket_arn(bucket)}/{key}"


def is_arn(value: str) -> bool:
    """Whether a value is an ARN, or a Terraform reference, which stands for one."""
    return value.startswith(("arn:", "${"))
