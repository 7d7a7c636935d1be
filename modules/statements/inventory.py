"""What S3 must be allowed to deliver an inventory, and nobody else.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html#configure-inventory-destination-bucket-policy
"""

from __future__ import annotations


def deliver(source_arn: str, source_account_id: str, destination_arn: str, base: str) -> dict[str, object]:
    """Writing deliveries of the source bucket's inventory below `base` of the destination."""
    return {
        "Sid": "DeliverInventory",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{destination_arn}/{base}*",
        "Condition": _from(source_arn, source_account_id),
    }


def encrypt_deliveries(source_arn: str, source_account_id: str) -> dict[str, object]:
    """For the policy of the destination's key: encrypting them.

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
    """S3 serves everybody: only for this account's bucket."""
    return {"StringEquals": {"aws:SourceAccount": source_account_id}, "ArnLike": {"aws:SourceArn": source_arn}}
