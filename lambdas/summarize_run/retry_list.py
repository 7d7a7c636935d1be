"""The key list of what is to be tried again: failed and pending keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from .ledger import ToRetry

KEYS_PER_PART = 100_000


class LeftoversNotDeleted(Exception):  # noqa: N818 # named as Step Functions shows it
    """An old part of this key list is still there."""


class RetryList:
    """Writes keys as parts `<prefix>part-<invocation>-<n>.jsonl`, like those of the listing."""

    def __init__(self, client: S3Client, *, bucket: str, owner: str, prefix: str, invocation: int) -> None:
        self._client = client
        self._bucket = bucket
        self._owner = owner
        self._prefix = prefix
        self._invocation = invocation
        self._lines: list[str] = []
        self._parts = 0
        self.keys = 0

    def delete_leftovers(self) -> None:
        """Delete what a killed attempt of this invocation wrote, and before the first invocation everything.

        Execution names may be used again after 90 days. Raises LeftoversNotDeleted.
        """
        prefix = f"{self._prefix}part-{self._invocation:03d}-" if self._invocation else self._prefix
        for keys in list_keys(self._client, bucket=self._bucket, owner=self._owner, prefix=prefix):
            answer = self._client.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
                ExpectedBucketOwner=self._owner,
            )
            for error in answer.get("Errors", ()):
                raise LeftoversNotDeleted(f"{error.get('Key')}: {error.get('Code')} {error.get('Message')}")

    def add(self, line: ToRetry) -> None:
        self._lines.append(json.dumps(line))
        self.keys += 1
        if len(self._lines) >= KEYS_PER_PART:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered as a part of its own."""
        if not self._lines:
            return
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{self._prefix}part-{self._invocation:03d}-{self._parts:05d}.jsonl",
            Body="".join(f"{line}\n" for line in self._lines).encode("ascii"),
            ContentType="application/jsonl",
            ExpectedBucketOwner=self._owner,
        )
        self._lines = []
        self._parts += 1


def list_keys(client: S3Client, *, bucket: str, owner: str, prefix: str) -> Iterator[list[str]]:
    """The keys below `prefix`, in order, a page at a time; no empty pages."""
    paginator = client.get_paginator("list_objects_v2")
    for page in paginator.paginate(Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=owner):
        if found := page.get("Contents"):
            yield [each["Key"] for each in found]
