"""The pipeline's buckets, and where its work runs, as one environment's settings name them."""

from __future__ import annotations

from environments.environment import Environment
from modules.bucket_reference import BucketReference
from modules.location import Location


def target_location(environment: Environment) -> Location:
    """The target account's Region, where everything runs."""
    return Location(account_id=environment.target.account_id, region=environment.region)


def source_bucket(environment: Environment) -> BucketReference:
    """The source bucket, with the prefixes that may be processed."""
    source = environment.source
    return BucketReference(
        name=source.bucket,
        location=Location(account_id=source.account_id, region=environment.source_region),
        prefixes=source.prefixes,
        key_arn=source.kms_key_arn,
    )


def runs_bucket(environment: Environment) -> BucketReference:
    """The bucket of key lists and results."""
    return BucketReference(
        name=environment.runs_bucket, location=target_location(environment), key_arn=environment.kms_key_arn
    )


def inventory_bucket(environment: Environment) -> BucketReference:
    """The bucket that inventories are delivered to: an existing one with its own key, or one that we create."""
    existing = environment.inventory.existing
    return BucketReference(
        name=environment.inventory_bucket,
        location=target_location(environment),
        key_arn=existing.kms_key_arn if existing else environment.kms_key_arn,
    )


def replica_bucket(environment: Environment) -> BucketReference:
    """The bucket that S3 replicates the source bucket to."""
    return BucketReference(
        name=environment.replica_bucket,
        location=target_location(environment),
        prefixes=environment.source.prefixes,
        key_arn=environment.kms_key_arn,
    )
