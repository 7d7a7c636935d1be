"""ResultWriter: a Map Run's results as files in S3, or its result reshaped by WriterConfig.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import boto3.exceptions
import botocore.exceptions

from local_cloud.step_functions import payload
from local_cloud.step_functions.errors import RESULT_WRITER_FAILED, StateFailure
from local_cloud.step_functions.status import FAILED, PENDING, SUCCEEDED

Records = Callable[[str], Iterable[dict[str, Any]]]
# What a manifest names: for FAILED, PENDING and SUCCEEDED the files, `{"Key", "Size"}`.
Files = dict[str, list[dict[str, Any]]]
NO_FILES: Files = {FAILED: [], PENDING: [], SUCCEEDED: []}


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


@dataclass(frozen=True)
class ResultWriter:
    """A ResultWriter with a Resource, for one Map Run. `fields` are evaluated; `s3` is a client with the role."""

    fields: dict[str, Any]
    map_run_arn: str
    s3: Any

    def test(self) -> None:
        """Writes a manifest that names no file, as AWS does before any child runs. Raises States.ResultWriterFailed.

        The cause begins as AWS's. The test manifest's key and content are unknown: here they are a manifest's.
        """
        try:
            self._put_manifest(NO_FILES)
        except (botocore.exceptions.ClientError, boto3.exceptions.Boto3Error) as error:
            cause = f"Failed to write a test manifest into the specified output bucket. {error}"
            raise StateFailure(RESULT_WRITER_FAILED, cause) from error

    def write(self, records: Records, files: Files, scratch: Path) -> tuple[dict[str, Any], Files]:
        """Writes the files and the manifest; returns `{"Bucket", "Key"}` of the manifest, and the files that it names.

        These are the SUCCEEDED files of all attempts, and the FAILED and PENDING files of this one: `files` are those
        that the manifest named before. `records` gives the children's records for a file: SUCCEEDED, FAILED (with those
        that timed out or were aborted) or PENDING. Raises States.ResultWriterFailed with the error of S3.
        """
        config = self.fields.get("WriterConfig", {})
        as_lines = config.get("OutputType", "JSON") == "JSONL"
        named: Files = {FAILED: [], PENDING: [], SUCCEEDED: [*files[SUCCEEDED]]}
        try:
            for name, entries_in_manifest in named.items():
                entries: Iterable[Any] = records(name)
                if name == SUCCEEDED:
                    # Records of failed children are never transformed.
                    entries = transform(entries, config.get("Transformation", "NONE"))
                with tempfile.TemporaryFile(dir=scratch) as file:
                    if not _write_entries(file, entries, as_lines=as_lines):
                        continue
                    key = f"{self._folder}/{name}_{len(entries_in_manifest)}.{'jsonl' if as_lines else 'json'}"
                    size = file.tell()
                    file.seek(0)
                    self.s3.upload_fileobj(file, self._bucket, key, ExtraArgs=self._owner)
                entries_in_manifest.append({"Key": key, "Size": size})
            return {"Bucket": self._bucket, "Key": self._put_manifest(named)}, named
        except (botocore.exceptions.ClientError, boto3.exceptions.Boto3Error) as error:
            raise StateFailure(RESULT_WRITER_FAILED, str(error)) from error

    def _put_manifest(self, files: Files) -> str:
        """Returns its key."""
        key = f"{self._folder}/manifest.json"
        manifest = {"DestinationBucket": self._bucket, "MapRunArn": self.map_run_arn, "ResultFiles": files}
        self.s3.put_object(Bucket=self._bucket, Key=key, Body=payload.text(manifest).encode(), **self._owner)
        return key

    @property
    def _bucket(self) -> str:
        return str(self.fields["Arguments"]["Bucket"])

    @property
    def _folder(self) -> str:
        prefix = self.fields["Arguments"].get("Prefix", "").removesuffix("/")
        return "/".join(part for part in (prefix, self.map_run_arn.rpartition(":")[2]) if part)

    @property
    def _owner(self) -> dict[str, str]:
        arguments = self.fields["Arguments"]
        return {name: value for name, value in arguments.items() if name == "ExpectedBucketOwner"}


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
