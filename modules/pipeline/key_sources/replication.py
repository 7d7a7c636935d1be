"""Replication: S3 itself copies the source bucket's objects into a bucket of the target account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cdktf
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.kms_grant import KmsGrant
from cdktf_cdktf_provider_aws.s3_bucket_replication_configuration import (
    S3BucketReplicationConfigurationA,
    S3BucketReplicationConfigurationRule,
    S3BucketReplicationConfigurationRuleDeleteMarkerReplication,
    S3BucketReplicationConfigurationRuleDestination,
    S3BucketReplicationConfigurationRuleDestinationAccessControlTranslation,
    S3BucketReplicationConfigurationRuleDestinationEncryptionConfiguration,
    S3BucketReplicationConfigurationRuleFilter,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteria,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteriaSseKmsEncryptedObjects,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from modules.bucket_reference import BucketReference
from modules.pipeline.handover import Request
from modules.pipeline.key_sources.replication_request import copy_existing_command, replication_request, rule_id
from modules.pipeline.workflow.key_sources import replication as asl
from modules.private_bucket import PrivateBucket
from modules.role_policies import grant
from modules.statements.replication import accept_replicas, encrypt_replicas, replicate, replicate_existing
from modules.statements.trust import trust
from modules.terraform_template import json_literal


class Replication(Construct):
    """The replica in the target account, and in the source account the rules and roles that fill it.

    Args:
        name: what the names of the roles begin with.
        source: the source bucket, and what of it is replicated.
        replica: the bucket of the replicas, in the target account.
        provider: the source account's; without it, its owner is asked to set all of it up.
        destroyable: whether `terraform destroy` may delete the replica with what is in it.
    """

    lister = None
    reads_source = False

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        source: BucketReference,
        replica: BucketReference,
        provider: cdktf.TerraformProvider | None,
        destroyable: bool,
    ) -> None:
        super().__init__(scope, id_)
        self.objects = replica
        self.machine_keys: Mapping[str, str] = {}  # listing a bucket uses no key
        self.requests: Sequence[Request] = ()
        self.states = asl.ReplicationStates(
            bucket=replica.name, account_id=replica.location.account_id, replicated=source.prefixes
        )
        account = source.location.account_id
        role_arn = source.location.role_arn(f"{name}-replication")
        batch_role_arn = source.location.role_arn(f"{name}-batch-replication")
        self.outputs: Mapping[str, str] = {
            "replica_bucket": replica.name,
            "copy_existing_objects_command": copy_existing_command(source, batch_role_arn),
        }
        if replica.key_arn:
            statement = encrypt_replicas(role_arn=role_arn, source_account_id=account, region=replica.location.region)
            self.outputs = {**self.outputs, "kms_key_policy_statement": json_literal(statement)}
        accepted = accept_replicas(
            replica_arn=replica.arn, prefixes=source.prefixes, role_arn=role_arn, source_account_id=account
        )
        bucket = PrivateBucket(
            self,
            "replica",
            name=replica.name,
            location=replica.location,
            expire_after_days=None,
            destroyable=destroyable,
            kms_key_arn=replica.key_arn,
            statements=[accepted],
        )
        needs = replicate(
            source_arn=source.arn,
            prefixes=source.prefixes,
            replica_arn=replica.arn,
            source_key_arn=source.key_arn,
            replica_key_arn=replica.key_arn,
        )
        existing = replicate_existing(source_arn=source.arn, prefixes=source.prefixes)
        if provider is None:
            self.requests = [
                replication_request(name, source, replica, role_arn, batch_role_arn, needs=needs, existing=existing)
            ]
            return
        self.outputs = {
            **self.outputs,
            "source_bucket_replication": f"whatever replication rules {source.name} has are REPLACED by ours, and it is"
            " versioned from now on; destroy deletes the rules and suspends versioning, and keeps the versions",
        }
        role = IamRole(
            self,
            "role",
            provider=provider,
            name=f"{name}-replication",
            assume_role_policy=json_literal(trust("s3")),
        )
        policies = grant(self, role, needs, provider=provider)
        batch = IamRole(
            self,
            "batch_role",
            provider=provider,
            name=f"{name}-batch-replication",
            assume_role_policy=json_literal(trust("batchoperations.s3")),
        )
        grant(self, batch, existing, provider=provider)
        if source.key_arn:
            # The key's policy is its owner's: see decision 52.
            KmsGrant(
                self,
                "key_grant",
                provider=provider,
                name=f"{name}-replication",
                key_id=source.key_arn,
                grantee_principal=role.arn,
                operations=["Decrypt"],
            )
        versioning = S3BucketVersioningA(
            self,
            "versioning",
            provider=provider,
            bucket=source.name,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        S3BucketReplicationConfigurationA(
            self,
            "this",
            provider=provider,
            bucket=source.name,
            role=role.arn,
            rule=[
                _rule(name, number, prefix, source, replica)
                for number, prefix in enumerate(source.prefixes or ("",), start=1)
            ],
            depends_on=[versioning, bucket.versioning, bucket.policy, *policies],  # S3 looks at both versionings
        )


def _rule(
    name: str, number: int, prefix: str, source: BucketReference, replica: BucketReference
) -> S3BucketReplicationConfigurationRule:
    encryption = S3BucketReplicationConfigurationRuleDestinationEncryptionConfiguration(
        replica_kms_key_id=replica.key_arn or ""
    )
    selection = S3BucketReplicationConfigurationRuleSourceSelectionCriteria(
        sse_kms_encrypted_objects=S3BucketReplicationConfigurationRuleSourceSelectionCriteriaSseKmsEncryptedObjects(
            status="Enabled"
        )
    )
    return S3BucketReplicationConfigurationRule(
        id=rule_id(name, number),
        priority=number,
        status="Enabled",
        filter=S3BucketReplicationConfigurationRuleFilter(prefix=prefix),
        # What is deleted in the source is no more in the replica's listing.
        delete_marker_replication=S3BucketReplicationConfigurationRuleDeleteMarkerReplication(status="Enabled"),
        source_selection_criteria=selection if source.key_arn else None,
        destination=S3BucketReplicationConfigurationRuleDestination(
            bucket=replica.arn,
            account=replica.location.account_id,
            access_control_translation=S3BucketReplicationConfigurationRuleDestinationAccessControlTranslation(
                owner="Destination"
            ),
            encryption_configuration=encryption if source.key_arn else None,
        ),
    )
