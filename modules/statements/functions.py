"""The permissions of each function of the pipeline, by need."""

from __future__ import annotations

from collections.abc import Sequence

from modules.pipeline.workflow.names import INCREMENTAL, KEY_LISTS, MAP_RUNS, RESULTS, RUN_SUMMARIES
from modules.statements import Statements
from modules.statements.keys import DECRYPT, ENCRYPT, key_statement
from modules.statements.source import decrypt_statement, list_statement, read_statement


def list_objects(
    *,
    source_bucket_arn: str,
    prefixes: Sequence[str],
    runs_bucket_arn: str,
    runs_key_arn: str | None = None,
    incremental: bool = False,
) -> dict[str, Statements]:
    """List the source bucket, and write a run's key list after deleting the parts that an aborted attempt left.

    If `incremental`, also read what the last successful run saw, and write what this one sees.
    """
    return {
        "list-source-bucket": [list_statement(source_bucket_arn, prefixes)],
        "write-key-list": [
            {
                "Sid": "WriteKeyList",
                "Effect": "Allow",
                "Action": ["s3:PutObject", "s3:DeleteObject"],
                "Resource": f"{runs_bucket_arn}/{KEY_LISTS}*/listed/*",  # of any run: names are known at run time
            },
            _find(runs_bucket_arn, KEY_LISTS, sid="FindLeftovers"),
        ],
        **(_look_back(runs_bucket_arn) if incremental else {}),
        **_runs_key((*DECRYPT, *ENCRYPT) if incremental else ENCRYPT, runs_bucket_arn, runs_key_arn),
    }


def process_objects(
    *,
    source_bucket_arn: str,
    prefixes: Sequence[str],
    source_key_arn: str | None = None,
    runs_bucket_arn: str,
    runs_key_arn: str | None = None,
) -> dict[str, Statements]:
    """Read the source objects, decrypt them if a customer managed KMS key encrypts them, and write results."""
    needs: dict[str, Statements] = {
        "read-source-objects": [read_statement(source_bucket_arn, prefixes)],
        "write-results": [
            {
                "Sid": "WriteResults",
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": f"{runs_bucket_arn}/{RESULTS}*",  # of any run, see above
            }
        ],
    }
    if source_key_arn is not None:
        needs["use-source-key"] = [
            decrypt_statement(key_arn=source_key_arn, bucket_arn=source_bucket_arn, prefixes=prefixes)
        ]
    return {**needs, **_runs_key(ENCRYPT, runs_bucket_arn, runs_key_arn, prefixes=[RESULTS])}


def summarize_run(
    *, runs_bucket_arn: str, runs_key_arn: str | None = None, incremental: bool = False
) -> dict[str, Statements]:
    """Read a Map Run's results and its key list, and write the run's summary and the keys to retry.

    If `incremental`, also record the success of a run for the next one, in place of earlier ones.
    """
    return {
        "read-results": [
            {
                "Sid": "ReadResults",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{runs_bucket_arn}/{MAP_RUNS}*",  # of any run, see above
            },
            {
                "Sid": "ReadRetriedKeys",
                "Effect": "Allow",
                "Action": "s3:GetObjectVersion",
                "Resource": f"{runs_bucket_arn}/{RESULTS}*",  # of any run, see above
            },
        ],
        "count-key-list": [
            {
                "Sid": "ReadKeyLists",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{runs_bucket_arn}/{KEY_LISTS}*",  # of any run, see above
            },
            _find(runs_bucket_arn, KEY_LISTS, sid="FindKeyLists"),
        ],
        "write-retry-list": [
            {
                "Sid": "WriteRetryList",
                "Effect": "Allow",
                "Action": ["s3:PutObject", "s3:DeleteObject"],
                "Resource": f"{runs_bucket_arn}/{KEY_LISTS}*/retry/*",  # of any run, see above
            }
        ],
        "write-run-summary": [
            {
                "Sid": "WriteRunSummary",
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": f"{runs_bucket_arn}/{RUN_SUMMARIES}*",  # of any run, see above
            }
        ],
        **(_record_success(runs_bucket_arn) if incremental else {}),
        **_runs_key((*DECRYPT, *ENCRYPT), runs_bucket_arn, runs_key_arn),
    }


def _look_back(runs_bucket_arn: str) -> dict[str, Statements]:
    return {
        "look-back": [
            {
                "Sid": "ReadLastSuccess",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{runs_bucket_arn}/{INCREMENTAL}*",  # of any run, see above
            },
            # Without it, S3 answers a missing object with AccessDenied, and unknown is not the same as missing.
            _find(runs_bucket_arn, INCREMENTAL, sid="FindLastSuccess"),
            {
                "Sid": "WriteSeenObjects",
                "Effect": "Allow",
                "Action": ["s3:PutObject", "s3:DeleteObject"],
                "Resource": f"{runs_bucket_arn}/{KEY_LISTS}*/objects/*",  # of any run, see above
            },
        ]
    }


def _record_success(runs_bucket_arn: str) -> dict[str, Statements]:
    """It copies from the key lists, which it may read anyway."""
    return {
        "record-success": [
            {
                "Sid": "RecordSuccess",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": f"{runs_bucket_arn}/{INCREMENTAL}*",  # of any run, see above
            },
            _find(runs_bucket_arn, INCREMENTAL, sid="FindLastSuccess"),
        ]
    }


def merge_statements(*, bucket_arns: Sequence[str], account_id: str) -> dict[str, Statements]:
    """Change the bucket policies of these buckets, if they belong to the account."""
    return {
        "change-bucket-policy": [
            {
                "Sid": "ChangeBucketPolicy",
                "Effect": "Allow",
                "Action": ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
                "Resource": list(bucket_arns),
                "Condition": {"StringEquals": {"aws:ResourceAccount": account_id}},
            }
        ]
    }


def logs_and_traces(*, log_group_arn: str, traces: bool = True) -> dict[str, Statements]:
    """The permissions of every function: write its log streams, and send traces to X-Ray if it is traced."""
    needs: dict[str, Statements] = {
        "write-logs": [
            {
                "Sid": "WriteLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"{log_group_arn}:*",  # the log group's streams, which Lambda names
            }
        ],
    }
    if traces:
        needs["trace"] = [
            {
                "Sid": "Trace",
                "Effect": "Allow",
                "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                "Resource": "*",  # X-Ray defines no resource for a segment: docs.aws.amazon.com/service-authorization
            }
        ]
    return needs


def _runs_key(
    actions: Sequence[str], runs_bucket_arn: str, key_arn: str | None, *, prefixes: Sequence[str] = ()
) -> dict[str, Statements]:
    """The use of the runs bucket's KMS key, if it has one, for the objects below `prefixes`."""
    if key_arn is None:
        return {}
    statement = key_statement(
        sid="UseRunsKey", actions=actions, key_arn=key_arn, bucket_arn=runs_bucket_arn, prefixes=prefixes
    )
    return {"use-runs-key": [statement]}


def _find(bucket_arn: str, prefix: str, *, sid: str) -> dict[str, object]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": bucket_arn,
        "Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}},
    }
