import json
from pathlib import Path
from typing import Any

import pytest

from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.result_writer import NO_FILES, ResultWriter, transform
from tests.fixtures.fake_s3 import FakeS3, one_bucket

ARN = "arn:aws:states:us-east-1:111111111111:mapRun:machine/Each:run-id"
SUCCEEDED = [{"Name": "a", "Output": "[1,2]"}, {"Name": "b", "Output": '{"x":3}'}]
FAILED = [{"Name": "c", "Status": "FAILED", "Error": "Boom"}]


def records(file: str) -> list[dict[str, Any]]:
    return {"SUCCEEDED": SUCCEEDED, "FAILED": FAILED, "PENDING": []}[file]


def write_results(s3: FakeS3, scratch: Path, prefix: str = "out/name", **config: str) -> dict[str, Any]:
    arguments = {"Bucket": "runs", "Prefix": prefix, "ExpectedBucketOwner": "111111111111"}
    writer = ResultWriter({"Arguments": arguments, "WriterConfig": config}, ARN, s3)
    details, _ = writer.write(records, NO_FILES, scratch)
    return details


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


def test_after_a_redrive_the_manifest_names_the_successes_of_all_attempts_and_the_failures_of_the_last(
    tmp_path: Path,
) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html"""
    s3 = one_bucket()
    writer = ResultWriter({"Arguments": {"Bucket": "runs"}}, ARN, s3)
    first = {"SUCCEEDED": SUCCEEDED[:1], "FAILED": FAILED, "PENDING": [{"Name": "b"}]}
    _, files = writer.write(first.__getitem__, NO_FILES, tmp_path)
    second = {"SUCCEEDED": SUCCEEDED[1:], "FAILED": [], "PENDING": []}
    writer.write(second.__getitem__, files, tmp_path)
    named = s3.json("manifest.json")["ResultFiles"]
    assert (named["FAILED"], named["PENDING"]) == ([], [])
    assert [s3.json(file["Key"]) for file in named["SUCCEEDED"]] == [SUCCEEDED[:1], SUCCEEDED[1:]]
    assert s3.json("FAILED_0.json") == FAILED, "the file stays, and counts no more"


def test_a_test_manifest_names_no_file_and_its_refusal_is_the_maps() -> None:
    s3 = one_bucket()
    ResultWriter({"Arguments": {"Bucket": "runs"}}, ARN, s3).test()
    assert s3.json("manifest.json")["ResultFiles"] == {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    refused = ResultWriter({"Arguments": {"Bucket": "runs"}}, ARN, one_bucket(denied={"PutObject"}))
    with pytest.raises(StateFailure, match=r"ResultWriterFailed: Failed to write a test manifest into the specified"):
        refused.test()
