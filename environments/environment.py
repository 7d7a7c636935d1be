"""Environment: all settings of one deployment, and the rules across its groups."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from environments.all_settings import AllSettings
from environments.key_source_rules import key_source_problems
from environments.output import output_problems
from environments.partitions import partition_problems
from modules.asl.execution_type import EXPRESS, EXPRESS_LIMIT_SECONDS, STANDARD
from modules.location import dns_suffix
from modules.pipeline.workflow.names import INVENTORY, LISTING, REPLICATION
from modules.resource_names import batch_replication_role

# With this margin, the function's own timeout comes first, and its error is the one that is reported.
EXPRESS_MAX_TIMEOUT_SECONDS = EXPRESS_LIMIT_SECONDS - 10
ENVIRONMENT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME_LENGTH = 63
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_NAME_LENGTH = 64


class Environment(AllSettings):
    """All settings of one environment: the content of `environments/<name>.toml`, and its name."""

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from _name_problems(self)
        yield from _account_problems(self)
        yield from partition_problems(self, region=self.region, job_policy=self.job.policy)
        yield from _key_problems(self)
        yield from _tuning_problems(self)
        yield from key_source_problems(self)
        yield from _schedule_problems(self)
        yield from _job_problems(self)


def _name_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    if not ENVIRONMENT_NAME.fullmatch(environment.name):
        yield (
            "name",
            f'"{environment.name}" cannot be part of a bucket name: rename the file to lower-case letters, digits and'
            " single hyphens, starting with a letter",
        )
    own_buckets = {
        LISTING: environment.runs_bucket,
        INVENTORY: environment.inventory_bucket,
        REPLICATION: environment.replica_bucket,
    }
    bucket = max(environment.runs_bucket, own_buckets[environment.key_source], environment.output_bucket or "", key=len)
    longest_role = len(batch_replication_role(environment.prefix))
    excess = max(len(bucket) - BUCKET_NAME_LENGTH, longest_role - ROLE_NAME_LENGTH)
    if excess > 0:
        yield (
            "name",
            f'"{environment.name}" is too long: the bucket {bucket} would have more than {BUCKET_NAME_LENGTH}'
            f" characters, or a role more than {ROLE_NAME_LENGTH}: make the file name {excess} characters shorter",
        )


def _account_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    if environment.source.account_id == environment.target.account_id:
        yield (
            "source.account_id",
            "the same account as target.account_id, whose buckets Step Functions can list without mapspan: write the"
            " account that owns the source bucket",
        )


def _key_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    target, source = environment.target, environment.source
    for field, key, account_id, region in (
        ("kms_key_arn", environment.kms_key_arn, target.account_id, environment.region),
        ("source.kms_key_arn", source.kms_key_arn, source.account_id, environment.source_region),
    ):
        if key and f":{account_id}:" in key and f":{region}:" not in key:
            yield field, f"this key is not in its bucket's Region, so S3 refuses it: write a key of {region}"
    company = environment.company
    for field, rules, account_id, region in (
        ("company.target", company.target, target.account_id, environment.region),
        ("company.source", company.source, source.account_id, environment.source_region),
    ):
        key, boundary = rules.log_kms_key_arn, rules.permissions_boundary_arn
        if key and f":{region}:{account_id}:" not in key:
            yield f"{field}.log_kms_key_arn", f"CloudWatch Logs needs a key of {account_id} in {region}: write one"
        if boundary and f"::{account_id}:" not in boundary and "::aws:" not in boundary:
            yield f"{field}.permissions_boundary_arn", f"IAM needs a policy of {account_id} or of AWS: write one"
    if environment.kms_key_arn and f":{target.account_id}:" not in environment.kms_key_arn:
        yield (
            "kms_key_arn",
            f"this key belongs to another account than {target.account_id}: write a key of that account",
        )


def _tuning_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    timeout = environment.job.timeout_seconds
    if environment.map.execution_type == EXPRESS and timeout > EXPRESS_MAX_TIMEOUT_SECONDS:
        yield (
            "job.timeout_seconds",
            f"{timeout} is too long for an {EXPRESS} child execution, which ends after {EXPRESS_LIMIT_SECONDS} seconds:"
            f' write at most {EXPRESS_MAX_TIMEOUT_SECONDS}, or map.execution_type = "{STANDARD}"',
        )
    if environment.job.objects_per_second is not None and environment.rate_limit is None:
        yield (
            "job.objects_per_second",
            f"one object every {1 / environment.job.objects_per_second:g} seconds does not fit into half of"
            f" job.timeout_seconds = {timeout}, which is {timeout / 2:g} seconds (the other half is for the objects"
            f" themselves): write job.timeout_seconds = {math.ceil(2 / environment.job.objects_per_second)} or more",
        )
    reserved = environment.job.reserved_concurrency
    if reserved is not None and environment.map.max_concurrency > reserved:
        yield (
            "map.max_concurrency",
            f"{environment.map.max_concurrency} child executions would share {reserved} Lambda instances and be"
            f" throttled: write at most {reserved}, or raise job.reserved_concurrency",
        )


def _job_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    job, target = environment.job, environment.target
    registry = f"{environment.region}.{dns_suffix(environment.region)}"
    if job.image and environment.is_local:
        yield "job.image", "the local cloud can't run a container image: remove it here, and package the job as a zip"
    elif job.image and f".ecr.{registry}/" not in job.image:
        yield (
            "job.image",
            f"Lambda takes an image of its own Region: copy it to a repository in {environment.region}, whose images"
            f" begin with <account id>.dkr.ecr.{registry}/",
        )
    for index, secret in enumerate(job.secrets):
        if f":{target.account_id}:" not in secret:
            yield (
                f"job.secrets.{index}",
                f"{secret} belongs to another account than {target.account_id}: write a secret of that account",
            )
    if job.output:
        own = (environment.runs_bucket, environment.inventory_bucket, environment.replica_bucket)
        for field, sentence in output_problems(
            job.output,
            target=target.account_id,
            region=environment.region,
            source=environment.source,
            own_buckets={*own, *([environment.state_backend.bucket] if environment.state_backend.bucket else [])},
        ):
            yield f"job.output.{field}", sentence


def _schedule_problems(environment: Environment) -> Iterator[tuple[str, str]]:
    allowed = environment.source.prefixes
    for prefix in environment.schedule.prefixes if environment.schedule else ():
        if allowed and not prefix.startswith(allowed):
            yield (
                "schedule.prefixes",
                f"{prefix} is not below any of source.prefixes, so each scheduled run would be denied: write a prefix"
                " below one of them, or add it there",
            )
