"""Records that an incremental run succeeded: the next run leaves out what this one processed."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, TypedDict, final

from botocore.exceptions import ClientError

from lambdas.shared.attempts import of_latest_attempts
from lambdas.shared.key_lists import objects_prefix, retry_prefix
from lambdas.shared.last_success import FORMAT, LastSuccess, Places, SuccessfulRun, read_json
from lambdas.shared.leftovers import delete_leftovers

from .retry_list import list_keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# How often another run may record its success at the same time. Each run does so once.
_ATTEMPTS = 10
# A condition that another run has broken: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_OVERTAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


@final
class Success(TypedDict):
    """`looked_until`: when the run's listing began, by S3's clock. `prefixes`: what it listed."""

    run: str
    looked_until: str
    prefixes: list[str]


class Recorded(TypedDict):
    """`recorded`: false if a run that began later has recorded its success already."""

    recorded: bool


def record_success(client: S3Client, success: Success, *, bucket: str, owner: str, source_bucket: str) -> Recorded:
    """Make the run the last success, unless a run that began later is.

    The state is written below the run's own name first, then named, so that a crash in between changes nothing; doing
    it again gives the same. Keeps the state of the run before, which a listing may be reading, and deletes the one
    before that. Raises any error of S3 and BrokenLastSuccess.
    """
    places, run = Places(source_bucket), success["run"]
    where = {"bucket": bucket, "owner": owner}
    for _ in range(_ATTEMPTS):
        found = read_json(client, key=places.last_success, fields=LastSuccess, **where)
        last: LastSuccess | None = found[0] if found else None
        if last and last["run"] == run:
            return {"recorded": True}
        if last and last["looked_until"] > success["looked_until"]:
            return {"recorded": False}
        _write_state(client, success, previous=last["run"] if last else None, places=places, **where)
        condition = {"IfMatch": found[1]} if found else {"IfNoneMatch": "*"}
        new: LastSuccess = {"format": FORMAT, "run": run, "looked_until": success["looked_until"]}
        try:
            _put(client, places.last_success, new, condition=condition, **where)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _OVERTAKEN:
                raise
            continue
        if last:
            _delete_before(client, last["run"], places=places, **where)
        return {"recorded": True}
    raise TooManyRuns(f"{_ATTEMPTS} other runs recorded their success while {run} tried to: redrive this run")


class TooManyRuns(Exception):  # noqa: N818 # named as Step Functions shows it
    """Other runs keep recording their success first."""


def _write_state(
    client: S3Client, success: Success, *, previous: str | None, places: Places, bucket: str, owner: str
) -> None:
    run = success["run"]
    for source, target in ((objects_prefix(run), places.objects(run)), (retry_prefix(run), places.failed(run))):
        keys = chain.from_iterable(list_keys(client, bucket=bucket, owner=owner, prefix=source))
        # What a lister remembered that Step Functions gave up was not processed as it saw it.
        for key in of_latest_attempts(keys):
            client.copy_object(
                Bucket=bucket,
                Key=target + key.removeprefix(source),
                CopySource={"Bucket": bucket, "Key": key},
                ExpectedBucketOwner=owner,
                ExpectedSourceBucketOwner=owner,
            )
    state: SuccessfulRun = {**success, "format": FORMAT, "previous": previous}
    _put(client, places.successful_run(run), state, bucket=bucket, owner=owner)


def _put(
    client: S3Client,
    key: str,
    document: LastSuccess | SuccessfulRun,
    *,
    bucket: str,
    owner: str,
    condition: dict[str, str] | None = None,
) -> None:
    client.put_object(
        Bucket=bucket,
        Key=key,
        Body=json.dumps(document).encode(),
        ContentType="application/json",
        ExpectedBucketOwner=owner,
        **(condition or {}),  # type: ignore[arg-type] # the stubs know no dict of conditions
    )


def _delete_before(client: S3Client, run: str, *, places: Places, bucket: str, owner: str) -> None:
    """Delete the state of the run before `run`."""
    found = read_json(client, bucket=bucket, owner=owner, key=places.successful_run(run), fields=SuccessfulRun)
    if found and found[0]["previous"]:
        prefix = places.generation(found[0]["previous"])
        for keys in list_keys(client, bucket=bucket, owner=owner, prefix=prefix):
            delete_leftovers(client, bucket=bucket, owner=owner, keys=keys)
