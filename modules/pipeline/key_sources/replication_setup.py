"""ReplicationSetup: the names and permissions with which S3 replicates the source bucket, in either account's hands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modules.bucket_reference import BucketReference
from modules.resource_names import batch_replication_role, replication_role
from modules.statements import Statements
from modules.statements.replication import replicate, replicate_existing


@dataclass(frozen=True, kw_only=True)
class ReplicationSetup:
    """Two roles of the source account: one that S3 replicates with, and one for a Batch Replication.

    Args:
        name: what the names of the roles and rules begin with.
        source: the source bucket, with the prefixes that are replicated.
        replica: the bucket of the replicas, in the target account.
        tags: whether the replicas get the objects' tags.
    """

    name: str
    source: BucketReference
    replica: BucketReference
    tags: bool

    @property
    def role_name(self) -> str:
        return replication_role(self.name)

    @property
    def batch_role_name(self) -> str:
        return batch_replication_role(self.name)

    @property
    def role_arn(self) -> str:
        return self.source.location.role_arn(self.role_name)

    @property
    def batch_role_arn(self) -> str:
        return self.source.location.role_arn(self.batch_role_name)

    @property
    def needs(self) -> Mapping[str, Statements]:
        """The statements of the role that S3 replicates with, by need."""
        return replicate(
            source_arn=self.source.arn,
            prefixes=self.source.prefixes,
            replica_arn=self.replica.arn,
            source_key_arn=self.source.key_arn,
            replica_key_arn=self.replica.key_arn,
            tags=self.tags,
        )

    @property
    def batch_needs(self) -> Mapping[str, Statements]:
        """The statements of the Batch Replication's role, by need."""
        return replicate_existing(source_arn=self.source.arn, prefixes=self.source.prefixes)

    @property
    def rules(self) -> list[tuple[str, int, str]]:
        """Each rule's id, priority and prefix."""
        return [
            (f"{self.name}-{number}", number, prefix)
            for number, prefix in enumerate(self.source.prefixes or ("",), start=1)
        ]

    @property
    def copy_existing_command(self) -> str:
        """The command that copies the objects older than the rules, which replicate only what is put after them.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-new-config.html
        """
        account_id, region = self.source.location.account_id, self.source.location.region
        generator: dict[str, Any] = {
            "S3JobManifestGenerator": {
                "ExpectedBucketOwner": account_id,
                "SourceBucket": self.source.arn,
                "EnableManifestOutput": False,
                "Filter": {"EligibleForReplication": True, "ObjectReplicationStatuses": ["NONE", "FAILED"]},
            }
        }
        return (
            f"aws s3control create-job --region {region} --account-id {account_id}"
            f" --role-arn {self.batch_role_arn} --priority 1 --no-confirmation-required"
            " --operation '{\"S3ReplicateObject\":{}}' --report '{\"Enabled\":false}'"
            f" --manifest-generator '{json.dumps(generator, separators=(',', ':'))}'"
        )
