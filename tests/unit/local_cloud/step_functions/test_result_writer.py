import json
from pathlib import Path
from typing import Any

import pytest

from local_cloud.step_functions.result_writer import transform, write
from tests.fixtures.fake_s3 import FakeS3, one_bucket

ARN = "arn:aws:states:us-east-1:111111111111:mapRun:machine/Each:run-id"
SUCCEEDED = [{"Name": "a", "Output": "[1,2]"}, {"Name": "b", "Output": '{"x":3}'}]
FAILED = [{"Name": "c", "Status": "FAILED", "Error": "Boom"}]


def records(file: str) -> list[dict[str, Any]]:
    return {"SUCCEEDED": SUCCEEDED, "FAILED": FAILED, "PENDING": []}[file]


def write_results(s3: FakeS3, scratch: Path, prefix: str = "out/name", **config: str) -> dict[str, Any]:
    arguments = {"Bucket": "runs", "Prefix": prefix, "ExpectedBucketOwner": "111111111111"}
    return write({"Arguments": arguments, "WriterConfig": config}, ARN, records, s3, scratch)


@pytest.mark.parametrize(
    ("transformation", "entries"),
    [("NONE", SUCCEEDED), ("COMPACT", [[1, 2], {"x": 3}]), ("FLATTEN", [1, 2, {"x": 3}])],
)
def test_a_transformation_reshapes_the_records(transformation: str, entries: list[Any]) -> None:
    assert list(transform(SUCCEEDED, transformation)) == entries


@pytest.mark.parametrize("prefix", ["out/name", "out/name/"])
def test_the_manifest_lists_the_files_that_were_written(tmp_path: Path, prefix: str) -> None:
    s3 = one_bucket()
    assert write_results(s3, tmp_path, prefix) == {"Bucket": "runs", "Key": "out/name/run-id/manifest.json"}
    manifest = s3.json("manifest.json")
    assert (manifest["DestinationBucket"], manifest["MapRunArn"]) == ("runs", ARN)
    files = manifest["ResultFiles"]
    assert files["PENDING"] == []
    for name in ("SUCCEEDED", "FAILED"):
        [file] = files[name]
        assert file["Key"] == f"out/name/run-id/{name}_0.json"
        assert file["Size"] == len(s3.objects["runs", file["Key"]])


def test_by_default_the_files_are_arrays_of_records(tmp_path: Path) -> None:
    s3 = one_bucket()
    write_results(s3, tmp_path)
    assert s3.json("SUCCEEDED_0.json") == SUCCEEDED
    assert s3.json("FAILED_0.json") == FAILED


def test_failed_children_are_never_transformed(tmp_path: Path) -> None:
    s3 = one_bucket()
    write_results(s3, tmp_path, Transformation="FLATTEN", OutputType="JSONL")
    assert s3.lines("SUCCEEDED_0.jsonl") == [1, 2, {"x": 3}]
    assert s3.lines("FAILED_0.jsonl") == FAILED


def test_every_write_expects_the_owner(tmp_path: Path) -> None:
    s3 = one_bucket()
    write_results(s3, tmp_path)
    owners = [call["ExpectedBucketOwner"] for call in s3.calls]
    assert owners == ["111111111111"] * 3
    assert json.loads(s3.calls[-1]["Body"])["MapRunArn"] == ARN
