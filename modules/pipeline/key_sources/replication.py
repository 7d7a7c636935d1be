"""Replication: S3 itself copies the source bucket's objects into a bucket of the target account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cdktf
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

from environments.select import SelectSettings
from modules.bucket_reference import BucketReference
from modules.pipeline.handover import Request
from modules.pipeline.key_sources.replication_request import replication_request
from modules.pipeline.key_sources.replication_setup import ReplicationSetup
from modules.pipeline.workflow.key_sources.replication import ReplicationStates
from modules.private_bucket import PrivateBucket
from modules.statements.replication import accept_replicas, encrypt_replicas
from modules.terraform_template import json_literal


class Replication(Construct):
    """The replica in the target account, and in the source account the rules that fill it.

    Args:
        name: what the names of the roles begin with.
        source: the source bucket, with the prefixes that are replicated.
        replica: the bucket of the replicas, in the target account.
        tags: whether the replicas get the objects' tags.
        select: which of the replicas are processed.
        provider: the source account's; if None, the account's owner is asked to set up its side.
        destroyable: whether `terraform destroy` may delete the replica with the objects in it.
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
        tags: bool,
        select: SelectSettings,
        provider: cdktf.TerraformProvider | None,
        destroyable: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._setup = setup = ReplicationSetup(name=name, source=source, replica=replica, tags=tags)
        self.objects = replica
        self.machine_keys: Mapping[str, str] = {}  # listing a bucket uses no key
        self.requests: Sequence[Request] = ()
        self.states = ReplicationStates(
            bucket=replica.name,
            account_id=replica.location.account_id,
            replicated=source.prefixes,
            select=select.conditions,
        )
        self.outputs: Mapping[str, str] = {
            "replica_bucket": replica.name,
            "copy_existing_objects_command": setup.copy_existing_command,
            **self._key_policy_statement(),
        }
        bucket = self._replica(destroyable)
        if provider is None:
            self.requests = [replication_request(setup)]
        else:
            self._replicate(bucket, provider)

    def _key_policy_statement(self) -> dict[str, str]:
        """The statement for the policy of the replica's key, as an output, if the replica has a key."""
        source, replica = self._setup.source, self._setup.replica
        if not replica.key_arn:
            return {}
        statement = encrypt_replicas(
            role_arn=self._setup.role_arn,
            source_account_id=source.location.account_id,
            region=replica.location.region,
        )
        return {"kms_key_policy_statement": json_literal(statement)}

    def _replica(self, destroyable: bool) -> PrivateBucket:
        source, replica = self._setup.source, self._setup.replica
        return PrivateBucket(
            self,
            "replica",
            name=replica.name,
            location=replica.location,
            expire_after_days=None,
            destroyable=destroyable,
            kms_key_arn=replica.key_arn,
            statements=[
                accept_replicas(
                    replica_arn=replica.arn,
                    prefixes=source.prefixes,
                    role_arn=self._setup.role_arn,
                    source_account_id=source.location.account_id,
                    tags=self._setup.tags,
                )
            ],
        )

    def _replicate(self, bucket: PrivateBucket, provider: cdktf.TerraformProvider) -> None:
        """Create the source account's side, except its roles: `mapspan bootstrap` creates those."""
        setup, source = self._setup, self._setup.source
        self.outputs = {
            **self.outputs,
            "source_bucket_replication": f"all replication rules of {source.name} are REPLACED by ours, and it is"
            " versioned from now on; destroy deletes the rules, suspends versioning, and keeps the versions",
        }
        if source.key_arn:
            # A grant, since the key's policy is its owner's: see decision 52.
            KmsGrant(
                self,
                "key_grant",
                provider=provider,
                name=setup.role_name,
                key_id=source.key_arn,
                grantee_principal=setup.role_arn,
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
            role=setup.role_arn,
            rule=[_rule(setup, id_, priority, prefix) for id_, priority, prefix in setup.rules],
            # S3 checks that both buckets are versioned.
            depends_on=[versioning, bucket.versioning, bucket.policy],
        )


def _rule(setup: ReplicationSetup, id_: str, priority: int, prefix: str) -> S3BucketReplicationConfigurationRule:
    source, replica = setup.source, setup.replica
    encryption = S3BucketReplicationConfigurationRuleDestinationEncryptionConfiguration(
        replica_kms_key_id=replica.key_arn or ""
    )
    selection = S3BucketReplicationConfigurationRuleSourceSelectionCriteria(
        sse_kms_encrypted_objects=S3BucketReplicationConfigurationRuleSourceSelectionCriteriaSseKmsEncryptedObjects(
            status="Enabled"
        )
    )
    return S3BucketReplicationConfigurationRule(
        id=id_,
        priority=priority,
        status="Enabled",
        filter=S3BucketReplicationConfigurationRuleFilter(prefix=prefix),
        # An object deleted in the source disappears from the replica's listing.
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
