"""PrivateBucket: an S3 bucket that is encrypted, versioned and not public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import cdktf
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from modules.location import Location
from modules.role_policies import policy_json
from modules.statements import Statements
from modules.statements.buckets import deny_plain_http


class PrivateBucket(Construct):
    """A bucket that is encrypted and versioned, whose account owns all objects, closed to the public and to plain HTTP.

    Args:
        name: the bucket's name.
        location: its account and Region.
        expire_after_days: days after which objects are deleted, and their old versions a day later; None keeps them.
        expiring_prefixes: the objects that this holds for; by default all.
        old_version_days: days that the old versions of objects below other prefixes are kept; by default forever.
        kms_key_arn: the customer managed KMS key that encrypts it, None for S3's own key.
        destroyable: whether Terraform may delete the bucket, with its objects. If not, it refuses to plan that.
        statements: further statements of its bucket policy.

    Exposes `bucket`, `versioning` and `policy`, and `ready`: what must exist before the first object is put.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        location: Location,
        expire_after_days: int | None,
        destroyable: bool,
        expiring_prefixes: Sequence[str] = ("",),
        old_version_days: Mapping[str, int] = MappingProxyType({}),
        kms_key_arn: str | None = None,
        statements: Statements = (),
    ) -> None:
        super().__init__(scope, id_)
        self.name = name
        protected = None if destroyable else cdktf.TerraformResourceLifecycle(prevent_destroy=True)
        self.bucket = S3Bucket(self, "this", bucket=name, force_destroy=destroyable, lifecycle=protected)
        bucket = self.bucket.id
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=bucket,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        public_access = S3BucketPublicAccessBlock(
            self,
            "public_access",
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        encryption = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
            sse_algorithm="aws:kms" if kms_key_arn else "AES256", kms_master_key_id=kms_key_arn
        )
        encrypted = S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=bucket,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=encryption,
                    bucket_key_enabled=True if kms_key_arn else None,  # one call to KMS for many objects
                )
            ],
        )
        self.versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=bucket,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        self.policy = S3BucketPolicy(
            self,
            "policy",
            bucket=bucket,
            policy=policy_json([deny_plain_http(location.bucket_arn(name)), *statements]),
            depends_on=[public_access],  # S3 refuses two simultaneous changes of a bucket's access
        )
        self.ready = [encrypted, self.versioning, self.policy]
        if expire_after_days is not None or old_version_days:
            self._expire(expire_after_days, expiring_prefixes, old_version_days)

    def delete_unfinished_uploads(self, *, after_days: int) -> None:
        """Delete the parts of uploads that nobody completes: they are not listed, and cost as much as objects."""
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=self.bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="delete unfinished uploads",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=after_days
                        )
                    ],
                )
            ],
        )

    def _expire(self, days: int | None, prefixes: Sequence[str], old_version_days: Mapping[str, int]) -> None:
        # A rule for all prefixes would delete old versions early that another rule keeps.
        kept = {**({} if days is None else dict.fromkeys(prefixes, 1)), **old_version_days}
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=self.bucket.id,
            rule=[
                *(
                    S3BucketLifecycleConfigurationRule(
                        id=f"expire {prefix}".rstrip(),
                        status="Enabled",
                        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=prefix)],
                        expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)],
                    )
                    for prefix in (() if days is None else prefixes)
                ),
                *(
                    S3BucketLifecycleConfigurationRule(
                        id=f"delete old versions {prefix}".rstrip(),
                        status="Enabled",
                        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=prefix)],
                        noncurrent_version_expiration=[
                            S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                                noncurrent_days=noncurrent_days
                            )
                        ],
                    )
                    for prefix, noncurrent_days in kept.items()
                ),
                S3BucketLifecycleConfigurationRule(
                    id="delete unfinished uploads",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=1)
                    ],
                ),
            ],
            depends_on=[self.versioning],  # the rule for old versions needs versioning
        )
