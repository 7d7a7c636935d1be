"""What S3, and nobody else, may do to deliver an inventory.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html#configure-inventory-destination-bucket-policy
"""

from __future__ import annotations


def deliver(source_arn: str, source_account_id: str, destination_arn: str, base: str) -> dict[str, object]:
    """For the destination's bucket policy: S3 may write deliveries of the source bucket's inventory below `base`."""
    return {
        "Sid": "DeliverInventory",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{destination_arn}/{base}*",
        "Condition": _from(source_arn, source_account_id),
    }


def encrypt_deliveries(source_arn: str, source_account_id: str) -> dict[str, object]:
    """For the policy of the destination's KMS key: S3 may encrypt the deliveries.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html#configure-inventory-kms-key-policy
    """
    return {
        "Sid": "EncryptInventory",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "kms:GenerateDataKey",
        "Resource": "*",  # in a key's policy, the key itself
        "Condition": _from(source_arn, source_account_id),
    }


def _from(source_arn: str, source_account_id: str) -> dict[str, dict[str, str]]:
    """The condition that S3 acts for this account's bucket, not for anyone else's."""
    return {"StringEquals": {"aws:SourceAccount": source_account_id}, "ArnLike": {"aws:SourceArn": source_arn}}
