"""What S3 must be allowed to copy the source bucket's objects into the target account, on both sides.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
"""

from __future__ import annotations

from collections.abc import Sequence

from modules.statements import Statements
from modules.statements.keys import DECRYPT, key_statement

# The owner override lets the target account own what it is given.
WRITES = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ObjectOwnerOverrideToBucketOwner"]
ENCRYPTS = ["kms:Encrypt", "kms:GenerateDataKey"]


def replicate(
    *,
    source_arn: str,
    prefixes: Sequence[str],
    replica_arn: str,
    source_key_arn: str | None,
    replica_key_arn: str | None,
) -> dict[str, Statements]:
    """The replication role's needs, in the source account: not tags, which nobody reads."""
    below = [f"{prefix}*" for prefix in prefixes or [""]]
    needs: dict[str, Statements] = {
        "read-versions": [
            {
                "Sid": "ReadReplicationRules",
                "Effect": "Allow",
                "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"],
                "Resource": source_arn,
            },
            {
                "Sid": "ReadVersions",
                "Effect": "Allow",
                "Action": ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"],
                "Resource": [f"{source_arn}/{each}" for each in below],
            },
        ],
        "write-replicas": [
            {
                "Sid": "WriteReplicas",
                "Effect": "Allow",
                "Action": WRITES,
                "Resource": [f"{replica_arn}/{each}" for each in below],
            }
        ],
    }
    keys = [
        key_statement(sid=sid, actions=actions, key_arn=key, bucket_arn=bucket, prefixes=prefixes)
        for sid, actions, key, bucket in (
            ("DecryptSourceObjects", DECRYPT, source_key_arn, source_arn),
            # Where only the replica's bucket has a key, for objects of the days before S3 encrypted everything.
            ("EncryptReplicas", ENCRYPTS, replica_key_arn, replica_arn),
        )
        if key
    ]
    if keys:
        needs["use-keys"] = keys
    return needs


def replicate_existing(*, source_arn: str, prefixes: Sequence[str]) -> dict[str, Statements]:
    """The needs of a Batch Replication of what was there before, whose list S3 itself makes and nobody keeps.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-policies.html
    """
    return {
        "replicate-existing": [
            {
                "Sid": "ReplicateExisting",
                "Effect": "Allow",
                "Action": "s3:InitiateReplication",
                "Resource": [f"{source_arn}/{prefix}*" for prefix in prefixes or [""]],
            },
            {
                "Sid": "ListWhatToReplicate",
                "Effect": "Allow",
                "Action": ["s3:GetReplicationConfiguration", "s3:PutInventoryConfiguration"],
                "Resource": source_arn,
            },
        ]
    }


def accept_replicas(
    *, replica_arn: str, prefixes: Sequence[str], role_arn: str, source_account_id: str
) -> dict[str, object]:
    """For the replica bucket's policy: the one role may write. Named by a condition, it needn't exist yet."""
    return {
        "Sid": "AcceptReplicas",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{replica_arn.split(':')[1]}:iam::{source_account_id}:root"},
        "Action": WRITES,
        "Resource": [f"{replica_arn}/{prefix}*" for prefix in prefixes or [""]],
        "Condition": {"ArnEquals": {"aws:PrincipalArn": role_arn}},
    }


def encrypt_replicas(*, role_arn: str, source_account_id: str, region: str) -> dict[str, object]:
    """For the policy of the replicas' key: the one role may encrypt, through S3 alone."""
    partition = role_arn.split(":")[1]
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return {
        "Sid": "EncryptReplicas",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{source_account_id}:root"},
        "Action": ENCRYPTS,
        "Resource": "*",  # in a key's policy, the key itself
        "Condition": {
            "ArnEquals": {"aws:PrincipalArn": role_arn},
            "StringEquals": {"kms:ViaService": f"s3.{region}.{suffix}"},
        },
    }
