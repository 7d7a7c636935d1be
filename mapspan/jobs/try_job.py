"""Tries a job without a deploy: on files, or on a sample of an environment's source bucket."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from lambdas.job.bucket import Bucket
from lambdas.shared.child_input import Item
from local_cloud.protocol import SECRET_ACCESS_KEY
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.jobs.bucket_sample import BucketSample
from mapspan.jobs.isolation import isolated
from mapspan.jobs.trial_request import LocalFile, Source, TrialRequest
from modules.jobs.build import Report, build
from modules.jobs.job import Job
from modules.jobs.job_error import shown
from modules.jobs.platform import this_machine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

_TRIAL = Path(__file__).with_name("trial.py")


def try_files(job: Job, files: Sequence[Path], *, output: Path, report: Report) -> int:
    """Call the job for each file, by default for its samples. Returns the exit code: 1 if one failed.

    A sample's key is its path below samples/, any other file's key is its name.

    Raises:
        CommandError: the job has no samples, a file doesn't exist, or two have the same name.
        JobError: the job can't be built.
    """
    samples = job.directory / "samples"
    chosen = [file.absolute() for file in files] or job.samples
    if not chosen:
        raise CommandError(f"the job {job.name} has no samples: put files into {shown(samples)}, or name files to try")
    for file in chosen:
        if not file.is_file():
            raise CommandError(f"{file} is not a file")
    keys = [_key(file, samples) for file in chosen]
    if repeated := next((key for key in keys if keys.count(key) > 1), None):
        raise CommandError(f"two files have the key {repeated}, their name: try them one after another")
    request = TrialRequest(
        output=str(output.absolute()),
        files=[LocalFile(path=str(file), key=key) for file, key in zip(chosen, keys, strict=True)],
    )
    return _try(job, request, variables={}, report=report)


def try_sample(job: Job, deployment: Deployment, count: int, *, output: Path, report: Report) -> int:
    """Call the job for `count` objects of the source bucket, with the caller's own credentials and `[job.environment]`.

    Returns the exit code: 1 if one failed.

    Raises:
        CommandError: the bucket has no object below the environment's prefixes.
        JobError: the job can't be built.
        ClientError: the caller may not list the bucket.
    """
    environment = deployment.environment
    source, account = environment.source, _local_account(deployment)
    sample = BucketSample(
        Bucket(_source_s3(deployment, account), source.bucket, source.account_id, requester_pays=source.requester_pays),
        prefixes=source.prefixes,
        count=count,
    )
    if not (objects := sample.objects()):
        raise CommandError(f"{source.bucket} has no object below {', '.join(source.prefixes) or 'it'}")
    request = TrialRequest(
        output=str(output.absolute()),
        source=Source(
            bucket=source.bucket,
            account_id=source.account_id,
            region=environment.source_region,
            requester_pays=source.requester_pays,
        ),
        items=[_item(entry) for entry in objects],
    )
    return _try(job, request, variables={**environment.job.environment, **account}, report=report)


def _try(job: Job, request: TrialRequest, *, variables: Mapping[str, str], report: Report) -> int:
    code = isolated(
        [str(_TRIAL)],
        build=build(job, this_machine(), report=report),
        directory=job.directory,
        variables=variables,
        stdin=json.dumps(request),
    )
    if code < 0:
        raise CommandError(f"the process that ran the job was ended by {signal.Signals(-code).name}")
    return code


def _key(file: Path, samples: Path) -> str:
    return file.relative_to(samples).as_posix() if file.is_relative_to(samples) else file.name


def _item(entry: ObjectTypeDef) -> Item:
    modified = entry["LastModified"].timestamp()
    return {"Key": entry["Key"], "ETag": entry["ETag"], "Size": entry["Size"], "LastModified": modified}


def _local_account(deployment: Deployment) -> dict[str, str]:
    """The variables that let boto3 use the source account of the local cloud; none for AWS."""
    if deployment.local_cloud_url is None:
        return {}
    return {
        "AWS_ACCESS_KEY_ID": deployment.environment.source.account_id,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_ENDPOINT_URL": deployment.local_cloud_url,
    }


def _source_s3(deployment: Deployment, account: Mapping[str, str]) -> S3Client:
    return boto3.Session(region_name=deployment.environment.source_region).client(
        "s3",
        aws_access_key_id=account.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=account.get("AWS_SECRET_ACCESS_KEY"),
        endpoint_url=account.get("AWS_ENDPOINT_URL"),
    )
