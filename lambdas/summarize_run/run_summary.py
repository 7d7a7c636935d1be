"""The summary of a run: the few numbers that lists and trends of runs show, as one small JSON object."""

from __future__ import annotations

import json
import sys
import traceback
from typing import TYPE_CHECKING, Final, TypedDict, final

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from .ledger import Ledger
    from .work import Processing

# As in modules/pipeline/workflow/names.py, which a function's package doesn't hold: a test compares the two.
RUN_SUMMARIES: Final = "run-summaries/"


@final
class AboutRun(TypedDict):
    """What the state machine knows of a run.

    `started`: the run's start, which an earlier run of the same name doesn't share. `started_by`: null if its
    input doesn't say. `seen`, `looked_from` and `looked_until` are null in a run without a listing.
    """

    started: str
    started_by: str | None
    execution_type: str
    seen: int | None
    looked_from: str | None
    looked_until: str | None


@final
class RunSummary(TypedDict):
    """`given_key_list`: whether the input named the key list."""

    run: AboutRun
    given_key_list: bool
    ledger: Ledger
    failures: dict[str, int]
    skips: dict[str, int]
    retry_keys: int
    processing: Processing


def run_summary_key(execution_name: str) -> str:
    """Where in the runs bucket the summary of a run lies."""
    return f"{RUN_SUMMARIES}{execution_name}.json"


def write_run_summary(
    client: S3Client, summary: RunSummary, *, bucket: str, owner: str, execution_name: str
) -> str | None:
    """Write the summary. Returns why S3 refused it, else None.

    It raises no error of S3: the run's verdict needs its ledger, and not this object. The error goes to the log and,
    with the result, into the run's output.
    """
    try:
        client.put_object(
            Bucket=bucket,
            Key=run_summary_key(execution_name),
            Body=json.dumps(summary).encode(),
            ContentType="application/json",
            ExpectedBucketOwner=owner,
        )
    except (ClientError, BotoCoreError) as error:
        traceback.print_exc(file=sys.stderr)
        return f"{type(error).__name__}: {error}"
    return None
