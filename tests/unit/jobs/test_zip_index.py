"""The job zip_index, over HTTP: it reads a zip's directory, not the zip."""

from __future__ import annotations

import io
from zipfile import ZipFile

from examples.jobs.zip_index.job import process
from lambdas.job import SourceObject
from lambdas.job.attempt import Attempt
from lambdas.job.bucket import Bucket
from lambdas.job.reads import Reads
from lambdas.process_objects.client import s3_client
from tests.fixtures.stand_in.buckets import SparseBucket, SparseContent
from tests.fixtures.stand_in.running import in_thread
from tests.fixtures.stand_in.server import StandIn


def test_a_zip_of_200_mb_with_thousands_of_members_costs_less_than_1_mb() -> None:
    end = io.BytesIO()
    with ZipFile(end, "w") as archive:
        for number in range(6_000):
            archive.writestr(f"2026/03/photos/{number:06}.jpg", b"")
    stand_in = StandIn()
    stand_in.buckets["source"] = SparseBucket({b"large.zip": SparseContent(200_000_000, end.getvalue())})
    with in_thread(stand_in) as url:
        client = s3_client(region="us-east-1", threads=1, endpoint_url=url)
        attempt = Attempt(seconds_left=lambda: 60, out_of_time=lambda: False)
        reads = Reads({"Key": "large.zip"}, source=Bucket(client, "source", "111111111111"), attempt=attempt)
        result = process(SourceObject(reads))
    assert result["members"] == 6_000
    assert stand_in.sent_bytes < 1_000_000
    assert stand_in.requests == {"GetObject": 2}
