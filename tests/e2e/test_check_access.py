"""`mapspan check-access` against the deployed local environment."""

from __future__ import annotations

from typing import Any

from mapspan.source_access.check_access import check_access
from tests.e2e.conftest import Cloud


def test_check_access_warns_where_another_account_may_own_objects(cloud: Cloud) -> None:
    cloud.put({"2026/owned/a": b"x"})
    rule: Any = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    cloud.source_s3.put_bucket_ownership_controls(Bucket=cloud.source_bucket, OwnershipControls=rule)
    try:
        checks = check_access(cloud.deployment)
    finally:
        cloud.source_s3.delete_bucket_ownership_controls(Bucket=cloud.source_bucket)
    assert {check.call: check.verdict for check in checks} == {
        "s3:ListBucket": "allowed",
        "s3:GetObject": "allowed",
        "s3:GetBucketOwnershipControls": "warning",
    }
    (warning,) = (check for check in checks if check.verdict == "warning")
    assert "S3 may deny it to us whatever the bucket policy says" in warning.detail
