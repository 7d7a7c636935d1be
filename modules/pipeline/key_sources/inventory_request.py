"""What the source account's owner is asked to set up, so that S3 delivers an inventory of the bucket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from environments.select import SelectSettings
from modules.bucket_reference import BucketReference
from modules.pipeline.handover import Request


def inventory_fields(select: SelectSettings) -> list[str]:
    """What a job and a selection can compare, besides the bucket and the key, which every inventory has."""
    return ["Size", "LastModifiedDate", "ETag", *(["StorageClass"] if select.storage_classes else [])]


def inventory_request(
    name: str, source: BucketReference, destination: BucketReference, *, frequency: str, fields: Sequence[str]
) -> Request:
    """The inventory configuration, and the words that say how to apply it. `fields`: the optional ones."""
    account_id = destination.location.account_id
    return Request(
        files={"inventory": _configuration(name, source, destination, frequency, fields)},
        words=f"""Configure an S3 Inventory of the bucket, which S3 delivers to account {account_id}
{frequency.lower()}. It contains the names, sizes, times and ETags of objects, and nothing of their content. The
first delivery comes up to 48 hours later.

```sh
aws s3api put-bucket-inventory-configuration --bucket {source.name} --id {name} \\
  --inventory-configuration file://inventory.json
```

To end it: `aws s3api delete-bucket-inventory-configuration --bucket {source.name} --id {name}`.""",
    )


def _configuration(
    name: str, source: BucketReference, destination: BucketReference, frequency: str, fields: Sequence[str]
) -> dict[str, Any]:
    return {
        "Id": name,
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "OptionalFields": list(fields),
        "Schedule": {"Frequency": frequency},
        "Destination": {
            "S3BucketDestination": {
                "AccountId": destination.location.account_id,
                "Bucket": destination.arn,
                "Format": "CSV",
                "Encryption": ({"SSEKMS": {"KeyId": destination.key_arn}} if destination.key_arn else {"SSES3": {}}),
            }
        },
        **({"Filter": {"Prefix": source.prefixes[0]}} if source.prefixes else {}),
    }
