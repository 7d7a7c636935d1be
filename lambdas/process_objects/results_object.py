"""Writes the results of a batch into the runs bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.job.failures import s3_code

if TYPE_CHECKING:
    from lambdas.job.bucket import Bucket
    from lambdas.shared.batch_record import ResultsObject

# What may pass on another try: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_PASSING = {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "503"}


class ResultsNotWritten(Exception):  # noqa: N818 # named as Step Functions shows it
    """S3 throttled the request to write the results, or could not be reached. The batch is tried again."""


class ResultsRefused(Exception):  # noqa: N818 # named as Step Functions shows it
    """S3 refused to store the results, as it would again."""


def write_results(runs: Bucket, key: str, body: bytes) -> ResultsObject:
    """Write the results of a batch. Raises ResultsNotWritten and ResultsRefused.

    A `.gz` file without a Content-Encoding: with one, a reader that unpacks it by its name would get it unpacked.
    """
    where = f"the results of this batch, s3://{runs.name}/{key}"
    try:
        answer = runs.client.put_object(
            Bucket=runs.name, Key=key, Body=body, ContentType="application/gzip", ExpectedBucketOwner=runs.owner
        )
    except ClientError as error:
        kind = ResultsNotWritten if s3_code(error) in _PASSING else ResultsRefused
        message = error.response.get("Error", {}).get("Message", error)
        raise kind(f"S3 did not store {where}: {s3_code(error)}: {message}") from error
    except BotoCoreError as error:
        raise ResultsNotWritten(f"S3 was out of reach for {where}: {type(error).__name__}: {error}") from error
    return {"Key": key, "VersionId": answer.get("VersionId", "null")}
