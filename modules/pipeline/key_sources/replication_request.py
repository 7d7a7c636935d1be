"""What the source account's owner is asked to set up, so that S3 replicates the bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from modules.bucket_reference import BucketReference
from modules.pipeline.handover import Request
from modules.statements import Statements
from modules.statements.trust import trust


def rule_id(name: str, number: int) -> str:
    """A rule's id."""
    return f"{name}-{number}"


def copy_existing_command(source: BucketReference, role_arn: str) -> str:
    """What copies the objects that were there before the rules: these replicate what is put from then on.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-new-config.html
    """
    generator: dict[str, Any] = {
        "S3JobManifestGenerator": {
            "ExpectedBucketOwner": source.location.account_id,
            "SourceBucket": source.arn,
            "EnableManifestOutput": False,
            "Filter": {"EligibleForReplication": True, "ObjectReplicationStatuses": ["NONE", "FAILED"]},
        }
    }
    return (
        f"aws s3control create-job --region {source.location.region} --account-id {source.location.account_id}"
        f" --role-arn {role_arn} --priority 1 --no-confirmation-required --operation '{{\"S3ReplicateObject\":{{}}}}'"
        f" --report '{{\"Enabled\":false}}' --manifest-generator '{json.dumps(generator, separators=(',', ':'))}'"
    )


def replication_request(
    name: str,
    source: BucketReference,
    replica: BucketReference,
    role_arn: str,
    batch_role_arn: str,
    *,
    needs: Mapping[str, Statements],
    existing: Mapping[str, Statements],
) -> Request:
    """The roles, their policies and the rules, and words that say how to apply them."""
    role, batch = f"{name}-replication", f"{name}-batch-replication"
    return Request(
        files={
            "replication-role-trust": trust("s3"),
            "replication-role-policy": _document(needs),
            "batch-replication-role-trust": trust("batchoperations.s3"),
            "batch-replication-role-policy": _document(existing),
            "replication": {
                "Role": role_arn,
                "Rules": _rules(name, source.prefixes or ("",), source, replica),
            },
        },
        words=f"""Have S3 replicate the bucket to `{replica.name}` of account {replica.location.account_id}, with a role
of your own that S3 alone may assume. The bucket must be versioned for it. If it has replication rules already, add ours
to them: `put-bucket-replication` replaces them all. Objects that are deleted are deleted in the replica, too, but not
single versions of them, and not what a lifecycle rule expires.

```sh
aws iam create-role --role-name {role} --assume-role-policy-document file://replication-role-trust.json
aws iam put-role-policy --role-name {role} --policy-name replicate --policy-document file://replication-role-policy.json
aws s3api put-bucket-versioning --bucket {source.name} --versioning-configuration Status=Enabled
aws s3api put-bucket-replication --bucket {source.name} --replication-configuration file://replication.json
```

That replicates what is put from then on. To copy once what was there before:

```sh
aws iam create-role --role-name {batch} --assume-role-policy-document file://batch-replication-role-trust.json
aws iam put-role-policy --role-name {batch} --policy-name replicate-existing \\
  --policy-document file://batch-replication-role-policy.json
{copy_existing_command(source, batch_role_arn)}
```""",
    )


def _document(needs: Mapping[str, Statements]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [each for statements in needs.values() for each in statements]}


def _rules(
    name: str, prefixes: Sequence[str], source: BucketReference, replica: BucketReference
) -> list[dict[str, Any]]:
    destination: dict[str, Any] = {
        "Bucket": replica.arn,
        "Account": replica.location.account_id,
        "AccessControlTranslation": {"Owner": "Destination"},
    }
    if source.key_arn:
        destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": replica.key_arn}
    selection = {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}} if source.key_arn else {}
    return [
        {
            "ID": rule_id(name, number),
            "Priority": number,
            "Status": "Enabled",
            "Filter": {"Prefix": prefix},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            **selection,
            "Destination": destination,
        }
        for number, prefix in enumerate(prefixes, start=1)
    ]
