"""What reading from and writing to a bucket costs on its KMS key, through S3 alone.

https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html#iam-policy-dist-map-kms
"""

from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.machine_location import MachineLocation

READS = ("kms:Decrypt",)
# Decrypt too: a multipart upload reads its parts back.
WRITES = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")


def bucket_key_grants(bucket: str, actions: tuple[str, ...], place: MachineLocation) -> Iterator[Grant]:
    """The use of a bucket's key, where it has one."""
    key = place.kms_keys.get(bucket)
    if key and actions:
        yield Grant(
            need="use-keys",
            sid="DecryptObjects" if actions == READS else "EncryptObjects",
            actions=actions,
            resources=(key,),
            condition={"StringEquals": {"kms:ViaService": f"s3.{place.region}.{place.dns_suffix}"}},
        )
