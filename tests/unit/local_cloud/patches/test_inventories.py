"""Inventory configurations, and who pays for requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.process import SOURCE_ACCOUNT, LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "inventoried"
CONFIGURATION: Any = {
    "Id": "all",
    "IsEnabled": True,
    "IncludedObjectVersions": "Current",
    "OptionalFields": ["ETag"],
    "Schedule": {"Frequency": "Daily"},
    "Destination": {
        "S3BucketDestination": {"Bucket": "arn:aws:s3:::destination", "Format": "CSV", "Encryption": {"SSES3": {}}}
    },
}


def is_missing(s3: S3Client, configuration_id: str) -> bool:
    with pytest.raises(ClientError) as refused:
        s3.get_bucket_inventory_configuration(Bucket=BUCKET, Id=configuration_id)
    return refused.value.response["Error"]["Code"] == "NoSuchConfiguration"


def test_a_configuration_is_kept_until_it_or_its_bucket_is_deleted(local_cloud: LocalCloud) -> None:
    s3: S3Client = local_cloud.client("s3", SOURCE_ACCOUNT)
    s3.create_bucket(Bucket=BUCKET)
    for _ in range(2):
        s3.put_bucket_inventory_configuration(Bucket=BUCKET, Id="all", InventoryConfiguration=CONFIGURATION)
    configuration = s3.get_bucket_inventory_configuration(Bucket=BUCKET, Id="all")["InventoryConfiguration"]
    assert configuration == CONFIGURATION
    assert is_missing(s3, "another")
    s3.delete_bucket_inventory_configuration(Bucket=BUCKET, Id="all")
    assert is_missing(s3, "all")
    s3.put_bucket_inventory_configuration(Bucket=BUCKET, Id="all", InventoryConfiguration=CONFIGURATION)
    s3.delete_bucket(Bucket=BUCKET)
    s3.create_bucket(Bucket=BUCKET)
    assert is_missing(s3, "all")
    s3.delete_bucket(Bucket=BUCKET)


def test_request_payment_is_answered_for_a_bucket_with_any_keys(local_cloud: LocalCloud) -> None:
    s3: S3Client = local_cloud.client("s3", SOURCE_ACCOUNT)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="control\x01")
    try:
        assert s3.get_bucket_request_payment(Bucket=BUCKET)["Payer"] == "BucketOwner"
    finally:
        s3.delete_object(Bucket=BUCKET, Key="control\x01")
        s3.delete_bucket(Bucket=BUCKET)
