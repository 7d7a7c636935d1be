"""The use of a customer managed KMS key to read or write objects.

Only through S3, and only for some objects: S3 names the object to KMS, or its bucket if that has a Bucket Key. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
"""

from __future__ import annotations

from collections.abc import Sequence

from modules.via_s3 import via_s3

DECRYPT = ("kms:Decrypt",)
ENCRYPT = ("kms:GenerateDataKey",)


def key_statement(
    *,
    sid: str,
    actions: Sequence[str],
    key_arn: str,
    bucket_arn: str,
    prefixes: Sequence[str] = (),
) -> dict[str, object]:
    """The use of a KMS key for the objects below `prefixes` of a bucket; no prefixes means all objects."""
    region = key_arn.split(":")[3]
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": key_arn,
        "Condition": {
            "StringEquals": via_s3(region),
            "StringLike": {
                "kms:EncryptionContext:aws:s3:arn": [
                    bucket_arn,
                    *(f"{bucket_arn}/{prefix}*" for prefix in prefixes or [""]),
                ]
            },
        },
    }
