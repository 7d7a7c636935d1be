"""The condition that a KMS key is used through S3 alone."""

from __future__ import annotations

from modules.location import dns_suffix


def via_s3(region: str) -> dict[str, str]:
    """Equal to the `kms:ViaService` of a call that S3 makes for its caller in `region`.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    return {"kms:ViaService": f"s3.{region}.{dns_suffix(region)}"}
