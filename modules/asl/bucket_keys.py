"""The KMS permissions for reading from and writing to an encrypted bucket, through S3 alone.

https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html#iam-policy-dist-map-kms
"""

from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.machine_location import MachineLocation
from modules.asl.statement import Condition
from modules.via_s3 import via_s3

READS = ("kms:Decrypt",)
# Decrypt too: a multipart upload reads its parts back.
WRITES = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")


def bucket_key_grants(bucket: str, actions: tuple[str, ...], location: MachineLocation) -> Iterator[Grant]:
    """The use of a bucket's KMS key, if it has one."""
    key = location.kms_keys.get(bucket)
    if key and actions:
        yield Grant(
            need="use-keys",
            sid="DecryptObjects" if actions == READS else "EncryptObjects",
            actions=actions,
            resources=(key,),
            condition=through_s3(location.region),
        )


def through_s3(region: str) -> Condition:
    """The condition that a key is used through S3 alone."""
    return {"StringEquals": {**via_s3(region)}}
