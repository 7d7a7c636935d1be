"""The pipeline's buckets, and where its work runs, as one environment's settings name them."""

from __future__ import annotations

from collections.abc import Mapping

from environments.environment import Environment
from modules.bucket_reference import BucketReference
from modules.location import Location
from modules.pipeline.workflow.names import (
    CODE,
    INCREMENTAL,
    KEY_LISTS,
    MAP_RUNS,
    REPLICATION,
    RESULTS,
    RUN_SUMMARIES,
)

# Where runs write in the runs bucket. What else is in it doesn't expire.
WRITTEN_BY_RUNS = (KEY_LISTS, MAP_RUNS, RESULTS, RUN_SUMMARIES)
# The days in which the state of incremental runs can be brought back if someone deletes it.
STATE_VERSION_DAYS = 30


def old_version_days(environment: Environment) -> Mapping[str, int]:
    """How long the runs bucket keeps old versions of what doesn't expire, by prefix; forever if runs don't expire.

    The state of incremental runs is one of them, even if no run is incremental yet: a review blocks a rule that is
    added later, because it deletes what was kept until then.
    """
    return {CODE: 1, INCREMENTAL: STATE_VERSION_DAYS} if environment.run_retention_days is not None else {}


def target_location(environment: Environment) -> Location:
    """The target account's Region, where everything runs."""
    return Location(
        account_id=environment.target.account_id,
        region=environment.region,
        role_path=environment.company.target.role_path,
        permissions_boundary_arn=environment.boundary_arn("target"),
        log_kms_key_arn=environment.company.target.log_kms_key_arn,
    )


def source_location(environment: Environment) -> Location:
    """The source bucket's Region, in the source account."""
    return Location(
        account_id=environment.source.account_id,
        region=environment.source_region,
        role_path=environment.company.source.role_path,
        permissions_boundary_arn=environment.boundary_arn("source"),
        log_kms_key_arn=environment.company.source.log_kms_key_arn,
    )


def source_bucket(environment: Environment) -> BucketReference:
    """The source bucket, with the prefixes that may be processed."""
    source = environment.source
    return BucketReference(
        name=source.bucket,
        location=source_location(environment),
        prefixes=source.prefixes,
        key_arn=source.kms_key_arn,
        requester_pays=source.requester_pays,
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


def objects_bucket(environment: Environment) -> BucketReference:
    """The bucket whose objects the job reads."""
    return replica_bucket(environment) if environment.key_source == REPLICATION else source_bucket(environment)


def output_bucket(environment: Environment) -> BucketReference | None:
    """The bucket that the job writes to, with the prefix of its output; None if it writes nothing."""
    output, name = environment.job.output, environment.output_bucket
    if output is None or name is None:
        return None
    return BucketReference(
        name=name,
        location=Location(
            account_id=output.account_id or environment.target.account_id, region=output.region or environment.region
        ),
        prefixes=(output.prefix,) if output.prefix else (),
        key_arn=output.kms_key_arn or (None if output.bucket else environment.kms_key_arn),
    )
