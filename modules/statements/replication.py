"""The permissions, in both accounts, for S3 to replicate the source bucket's objects into the target account.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html

These statements have no condition on the buckets' owner: that S3's own requests carry `aws:ResourceAccount` is not
documented. The replication's configuration names the replica's owner instead, and the source bucket is the one that the
configuration belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence

from modules.statements import Statements
from modules.statements.keys import DECRYPT, key_statement
from modules.via_s3 import via_s3

# With the owner override, the target account owns the replicas.
WRITES = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ObjectOwnerOverrideToBucketOwner"]
ENCRYPTS = ["kms:Encrypt", "kms:GenerateDataKey"]


def replicate(
    *,
    source_arn: str,
    prefixes: Sequence[str],
    replica_arn: str,
    source_key_arn: str | None,
    replica_key_arn: str | None,
    tags: bool = False,
) -> dict[str, Statements]:
    """The needs of the replication role in the source account. It copies the objects' tags only with `tags`."""
    patterns = [f"{prefix}*" for prefix in prefixes or [""]]
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
                "Action": [
                    *("s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"),
                    *(["s3:GetObjectVersionTagging"] if tags else []),
                ],
                "Resource": [f"{source_arn}/{pattern}" for pattern in patterns],
            },
        ],
        "write-replicas": [
            {
                "Sid": "WriteReplicas",
                "Effect": "Allow",
                "Action": _writes(tags),
                "Resource": [f"{replica_arn}/{pattern}" for pattern in patterns],
            }
        ],
    }
    keys = [
        key_statement(sid=sid, actions=actions, key_arn=key, bucket_arn=bucket, prefixes=prefixes)
        for sid, actions, key, bucket in (
            ("DecryptSourceObjects", DECRYPT, source_key_arn, source_arn),
            # If only the replica bucket has a key: for objects from before S3 encrypted every object.
            ("EncryptReplicas", ENCRYPTS, replica_key_arn, replica_arn),
        )
        if key
    ]
    if keys:
        needs["use-keys"] = keys
    return needs


def replicate_existing(*, source_arn: str, prefixes: Sequence[str]) -> dict[str, Statements]:
    """The needs of a Batch Replication of the existing objects. S3 generates its manifest, which is not saved.

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
    *, replica_arn: str, prefixes: Sequence[str], role_arn: str, source_account_id: str, tags: bool = False
) -> dict[str, object]:
    """For the replica bucket's policy: only this role may write. A condition names it, so it need not exist yet."""
    return {
        "Sid": "AcceptReplicas",
        "Effect": "Allow",
        "Principal": _account(role_arn, source_account_id),
        "Action": _writes(tags),
        "Resource": [f"{replica_arn}/{prefix}*" for prefix in prefixes or [""]],
        "Condition": {"ArnEquals": {"aws:PrincipalArn": role_arn}},
    }


def encrypt_replicas(*, role_arn: str, source_account_id: str, region: str) -> dict[str, object]:
    """For the policy of the replicas' KMS key: only this role may encrypt, only through S3."""
    return {
        "Sid": "EncryptReplicas",
        "Effect": "Allow",
        "Principal": _account(role_arn, source_account_id),
        "Action": ENCRYPTS,
        "Resource": "*",  # in a key's policy, the key itself
        "Condition": {
            "ArnEquals": {"aws:PrincipalArn": role_arn},
            "StringEquals": via_s3(region),
        },
    }


def _writes(tags: bool) -> list[str]:
    return [*WRITES, *(["s3:ReplicateTags"] if tags else [])]


def _account(role_arn: str, account_id: str) -> dict[str, str]:
    """The role's account as a principal."""
    partition = role_arn.split(":")[1]
    return {"AWS": f"arn:{partition}:iam::{account_id}:root"}
