"""ResultWriter: a Map Run's results as files in S3, or its result reshaped by WriterConfig.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import boto3.exceptions
import botocore.exceptions

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import RESULT_WRITER_FAILED, StateFailure
from local_cloud.step_functions.status import FAILED, PENDING, SUCCEEDED

Records = Callable[[str], Iterable[dict[str, Any]]]


def transform(records: Iterable[dict[str, Any]], transformation: str) -> Iterator[Any]:
    """The records of succeeded children (NONE), their outputs (COMPACT), or their outputs' entries (FLATTEN)."""
    for record in records:
        if transformation == "NONE":
            yield record
            continue
        output = json.loads(record["Output"])
        if transformation == "FLATTEN" and isinstance(output, list):
            yield from output
        else:
            yield output


def write(writer: dict[str, Any], map_run_arn: str, records: Records, s3: Any, scratch: Path) -> dict[str, Any]:
    """Writes the files and the manifest; returns `{"Bucket", "Key"}` of the manifest.

    `records` gives the children's records for a file: SUCCEEDED, FAILED (with those that timed out or were aborted) or
    PENDING. Raises States.ResultWriterFailed with the error of S3.
    """
    config = writer.get("WriterConfig", {})
    as_lines = config.get("OutputType", "JSON") == "JSONL"
    bucket, prefix = writer["Arguments"]["Bucket"], writer["Arguments"].get("Prefix", "").removesuffix("/")
    folder = "/".join(part for part in (prefix, map_run_arn.rpartition(":")[2]) if part)
    owner = {name: value for name, value in writer["Arguments"].items() if name == "ExpectedBucketOwner"}
    files: dict[str, list[dict[str, Any]]] = {FAILED: [], PENDING: [], SUCCEEDED: []}
    try:
        for name, entries_in_manifest in files.items():
            entries: Iterable[Any] = records(name)
            if name == SUCCEEDED:
                # Records of failed children are never transformed.
                entries = transform(entries, config.get("Transformation", "NONE"))
            with tempfile.TemporaryFile(dir=scratch) as file:
                if not _write_entries(file, entries, as_lines=as_lines):
                    continue
                key = f"{folder}/{name}_0.{'jsonl' if as_lines else 'json'}"
                size = file.tell()
                file.seek(0)
                s3.upload_fileobj(file, bucket, key, ExtraArgs=owner)
            entries_in_manifest.append({"Key": key, "Size": size})
        manifest = {"DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": files}
        body = payload.text(manifest).encode()
        s3.put_object(Bucket=bucket, Key=f"{folder}/manifest.json", Body=body, **owner)
    except (botocore.exceptions.ClientError, boto3.exceptions.Boto3Error) as error:
        raise StateFailure(RESULT_WRITER_FAILED, str(error)) from error
    return {"Bucket": bucket, "Key": f"{folder}/manifest.json"}


def _write_entries(file: IO[bytes], entries: Iterable[Any], *, as_lines: bool) -> int:
    count = 0
    for entry in entries:
        between = b"\n" if as_lines else b","
        file.write(between if count else b"" if as_lines else b"[")
        file.write(payload.text(entry).encode("utf-8", "surrogatepass"))
        count += 1
    if count:
        file.write(b"\n" if as_lines else b"]")
    return count
