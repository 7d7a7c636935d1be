"""An object of the fake S3 as a job gets it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from lambdas.job import SourceObject
from lambdas.job.attempt import Attempt
from lambdas.job.bucket import Bucket, OutputBucket
from lambdas.job.reads import Reads
from tests.fixtures.fake_output import FakeOutput
from tests.fixtures.fake_s3 import FakeS3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.shared.child_input import Item

TARGET = "111111111111"


class Fixture:
    """One object of the source bucket, and what the key list has of it.

    `output` is the S3 of the output bucket, where the job writes below the prefix `out/`.
    """

    def __init__(
        self,
        content: bytes,
        *,
        key: str = "folder/file.txt",
        listed: Mapping[str, str | int] = MappingProxyType({}),
        out_of_time: Callable[[], bool] = lambda: False,
    ) -> None:
        self.s3 = FakeS3()
        self.s3.objects["source", key] = content
        self.output = FakeOutput(self.s3, owner=TARGET)
        self.bucket = OutputBucket(self.output.client, "output", TARGET, prefix="out/")
        self.attempt = Attempt(seconds_left=lambda: 60.0, out_of_time=out_of_time)
        item: Item = {"Key": key, **listed}  # type: ignore[typeddict-item] # each test lists other fields
        reads = Reads(item, source=Bucket(self.s3.client, "source", self.s3.owner), attempt=self.attempt)
        self.object = SourceObject(reads, output=self.bucket)
