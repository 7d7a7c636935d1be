"""The last successful run of an incremental environment: what it processed, and where the runs bucket remembers it.

`incremental/<source bucket>/last-success.json` names the run. Below `incremental/<source bucket>/<run>/` lie its
`run.json`, the digests of the objects that it saw (`objects/`), and its keys that failed (`failed/`), which the next
run takes again. docs/decisions/0099 has the reasons.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypedDict, final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# As in modules/pipeline/workflow/names.py, which a function's package doesn't hold: a test compares the two.
INCREMENTAL: Final = "incremental/"
FORMAT: Final = 1


class BrokenLastSuccess(Exception):  # noqa: N818 # named as Step Functions shows it
    """What the runs bucket remembers of the last success can't be understood or is not whole."""


@final
class LastSuccess(TypedDict):
    """`looked_until`: when its listing began, by S3's clock, such as 2026-01-31T08:00:00Z."""

    format: int
    run: str
    looked_until: str


@final
class SuccessfulRun(TypedDict):
    """`prefixes`: what the run listed. `previous`: the run whose state it began with; None if there was none."""

    format: int
    run: str
    looked_until: str
    prefixes: list[str]
    previous: str | None


class Places:
    """Where in the runs bucket the state of one source bucket lies."""

    def __init__(self, source_bucket: str) -> None:
        self.directory = f"{INCREMENTAL}{source_bucket}/"
        self.last_success = f"{self.directory}last-success.json"

    def generation(self, run: str) -> str:
        return f"{self.directory}{run}/"

    def successful_run(self, run: str) -> str:
        return f"{self.generation(run)}run.json"

    def objects(self, run: str) -> str:
        return f"{self.generation(run)}objects/"

    def failed(self, run: str) -> str:
        return f"{self.generation(run)}failed/"


def read_json(client: S3Client, *, bucket: str, owner: str, key: str, fields: type) -> tuple[Any, str] | None:
    """A document of the state with its ETag; None if it doesn't exist. `fields`: the TypedDict that it must be.

    Raises BrokenLastSuccess, and any other error of S3: unknown is not the same as missing.
    """
    try:
        answer = client.get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=owner)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchKey":
            return None
        raise
    try:
        document = json.loads(answer["Body"].read())
    except ValueError as error:
        raise BrokenLastSuccess(f"s3://{bucket}/{key} is not JSON: {error}") from error
    expected = set(fields.__annotations__)
    if not isinstance(document, dict) or set(document) != expected or document["format"] != FORMAT:
        raise BrokenLastSuccess(
            f"s3://{bucket}/{key} is not what this version writes: {json.dumps(document)[:200]}. To process everything"
            " and write it again, delete it and start a run"
        )
    return document, answer["ETag"]
