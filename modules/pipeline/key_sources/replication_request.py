"""What the source account's owner is asked to set up, so that S3 replicates the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modules.pipeline.handover import Request
from modules.pipeline.key_sources.replication_setup import ReplicationSetup
from modules.statements import Statements, policy_document
from modules.statements.trust import trust


def replication_request(setup: ReplicationSetup) -> Request:
    """The roles, their policies and the rules, and the words that say how to apply them."""
    return Request(
        files={
            "replication-role-trust": trust("s3"),
            "replication-role-policy": _document(setup.needs),
            "batch-replication-role-trust": trust("batchoperations.s3"),
            "batch-replication-role-policy": _document(setup.batch_needs),
            "replication": {"Role": setup.role_arn, "Rules": _rules(setup)},
        },
        words=_words(setup),
    )


def _words(setup: ReplicationSetup) -> str:
    bucket, replica = setup.source.name, setup.replica
    role, batch = setup.role_name, setup.batch_role_name
    return f"""Have S3 replicate the bucket to `{replica.name}` of account {replica.location.account_id}, with a role
of your own that only S3 may assume. The bucket must be versioned for it. If it has replication rules already, add ours
to them: `put-bucket-replication` replaces them all. An object that is deleted is deleted in the replica too; the
deletion of a single version, or by a lifecycle rule, is not replicated.

```sh
aws iam create-role --role-name {role} --assume-role-policy-document file://replication-role-trust.json
aws iam put-role-policy --role-name {role} --policy-name replicate --policy-document file://replication-role-policy.json
aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled
aws s3api put-bucket-replication --bucket {bucket} --replication-configuration file://replication.json
```

That replicates the objects that are put from then on. To copy the existing objects once:

```sh
aws iam create-role --role-name {batch} --assume-role-policy-document file://batch-replication-role-trust.json
aws iam put-role-policy --role-name {batch} --policy-name replicate-existing \\
  --policy-document file://batch-replication-role-policy.json
{setup.copy_existing_command}
```"""


def _document(needs: Mapping[str, Statements]) -> dict[str, object]:
    return policy_document([statement for statements in needs.values() for statement in statements])


def _rules(setup: ReplicationSetup) -> list[dict[str, Any]]:
    replica = setup.replica
    destination: dict[str, Any] = {
        "Bucket": replica.arn,
        "Account": replica.location.account_id,
        "AccessControlTranslation": {"Owner": "Destination"},
    }
    selection: dict[str, Any] = {}
    if setup.source.key_arn:
        destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": replica.key_arn}
        selection = {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}}
    return [
        {
            "ID": id_,
            "Priority": priority,
            "Status": "Enabled",
            "Filter": {"Prefix": prefix},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            **selection,
            "Destination": destination,
        }
        for id_, priority, prefix in setup.rules
    ]
