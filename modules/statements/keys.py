"""What S3 must be allowed to do with a customer's KMS key, for a caller who reads or writes objects.

Only through S3, and only for the objects that are meant: S3 names the object to KMS, or its bucket where the bucket has
a Bucket Key. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
"""

from __future__ import annotations

from collections.abc import Sequence

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
    """The use of a key for the objects below `prefixes` of a bucket (of none: all); a key policy's Resource is "*"."""
    partition, region = key_arn.split(":")[1], key_arn.split(":")[3]
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": key_arn,
        "Condition": {
            "StringEquals": {"kms:ViaService": f"s3.{region}.{suffix}"},
            "StringLike": {
                "kms:EncryptionContext:aws:s3:arn": [
                    bucket_arn,
                    *(f"{bucket_arn}/{prefix}*" for prefix in prefixes or [""]),
                ]
            },
        },
    }
