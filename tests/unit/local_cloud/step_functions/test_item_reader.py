import gzip
import json
from typing import Any

import pytest

from local_cloud.step_functions.errors import StateFailure
from local_cloud.step_functions.item_reader import read
from tests.fixtures.fake_s3 import MODIFIED, FakeS3, one_bucket

NASTY = ["a b+c%", "line\u2028separator", "next\u0085line", "😀", 'quo"te', "new\nline", "control\x01"]


def reader(action: str = "getObject", config: dict[str, Any] | None = None, **arguments: str) -> dict[str, Any]:
    arguments = {"Bucket": "runs", **arguments}
    return {"Resource": f"arn:aws:states:::s3:{action}", "Arguments": arguments, "ReaderConfig": config or {}}


def lines(keys: list[str]) -> bytes:
    return "".join(json.dumps({"Key": key}, ensure_ascii=False) + "\n" for key in keys).encode()


def test_json_lines_keep_any_key_unchanged() -> None:
    s3 = one_bucket({"keys.jsonl": lines(NASTY)})
    items = read(reader(Key="keys.jsonl", config={"InputType": "JSONL"}), s3)
    assert [item["Key"] for item in items] == NASTY


def test_every_part_below_a_prefix_is_read_as_one_stream_with_the_expected_owner() -> None:
    s3 = one_bucket({f"run/part-{n}": lines([f"k{n}"]) for n in range(4)} | {"run2/part": lines(["other"])})
    config = {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}
    items = read(reader("listObjectsV2", config, Prefix="run/", ExpectedBucketOwner="111111111111"), s3)
    assert [item["Key"] for item in items] == ["k0", "k1", "k2", "k3"]
    assert all(call["ExpectedBucketOwner"] == "111111111111" for call in s3.calls)


def test_listed_objects_are_items() -> None:
    [item, _, _] = read(reader("listObjectsV2", Prefix="p/"), one_bucket({f"p/{n}": b"x" for n in range(3)}))
    assert item == {
        "Key": "p/0",
        "Etag": f'"{FakeS3.etag(b"x")}"',
        "Size": 1,
        "StorageClass": "STANDARD",
        "LastModified": int(MODIFIED.timestamp()),
    }


def test_max_items_limits_the_items() -> None:
    s3 = one_bucket({f"p/{n}": b"x" for n in range(9)})
    assert len(list(read(reader("listObjectsV2", {"MaxItems": 3}, Prefix="p/"), s3))) == 3


def test_max_items_0_is_no_limit() -> None:
    """Fact 21."""
    s3 = one_bucket({f"p/{n}": b"x" for n in range(9)})
    assert len(list(read(reader("listObjectsV2", {"MaxItems": 0}, Prefix="p/"), s3))) == 9


def test_a_negative_max_items_fails_the_reader() -> None:
    """Fact 21."""
    with pytest.raises(StateFailure) as failed:
        list(read(reader("listObjectsV2", {"MaxItems": -1}, Prefix="p/"), one_bucket()))
    assert (failed.value.error, failed.value.cause) == ("States.ItemReaderFailed", "field MaxItems must be positive")


def test_duplicate_csv_headers_fail_the_reader() -> None:
    """Fact 25."""
    config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["H1", "H2", "H1"]}
    with pytest.raises(StateFailure) as failed:
        list(read(reader(Key="f.csv", config=config), one_bucket({"f.csv": b"1,2,3\n"})))
    assert failed.value.error == "States.ItemReaderFailed"
    assert failed.value.cause == "CSV headers cannot contain duplicates."


def test_csv_rows_are_read_as_recorded_on_aws() -> None:
    """Facts 23 to 25: all values are text, missing fields are empty, extra ones are dropped, a name may be empty."""
    body = b"H1,,True\ntrue,1,'None'\n   ,\n,,,,\n"
    config = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    assert list(read(reader(Key="f.csv", config=config), one_bucket({"f.csv": body}))) == [
        {"H1": "true", "": "1", "True": "'None'"},
        {"H1": "   ", "": "", "True": ""},
        {"H1": "", "": "", "True": ""},
    ]


def test_an_items_pointer_selects_the_array_in_a_json_file() -> None:
    s3 = one_bucket({"f.json": json.dumps({"a/b": [{"c": [1, 2]}]}).encode()})
    config = {"InputType": "JSON", "ItemsPointer": "/a~1b/0/c"}
    assert list(read(reader(Key="f.json", config=config), s3)) == [1, 2]


def test_a_gz_file_is_decompressed() -> None:
    s3 = one_bucket({"keys.jsonl.gz": gzip.compress(lines(["a", "b"]))})
    items = read(reader(Key="keys.jsonl.gz", config={"InputType": "JSONL"}), s3)
    assert [item["Key"] for item in items] == ["a", "b"]


def test_csv_rows_are_objects_by_header() -> None:
    s3 = one_bucket({"f.csv": b'id|name\n1|"a|b"\n2\n'})
    config = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "PIPE"}
    assert list(read(reader(Key="f.csv", config=config), s3)) == [{"id": "1", "name": "a|b"}, {"id": "2", "name": ""}]
    with_headers = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x"], "CSVDelimiter": "PIPE"}
    assert [item["x"] for item in read(reader(Key="f.csv", config=with_headers), s3)] == ["id", "1", "2"]


@pytest.mark.parametrize("config", [{"InputType": "MANIFEST"}, {"ManifestType": "S3_INVENTORY"}])
def test_an_inventory_is_read_through_its_manifest(config: dict[str, Any]) -> None:
    manifest = {
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "destinationBucket": "arn:aws:s3:::runs",
        "files": [{"key": "data/1.csv.gz"}],
    }
    s3 = one_bucket(
        {"m/manifest.json": json.dumps(manifest).encode(), "data/1.csv.gz": gzip.compress(b'"b","a%2Bb","3"\n')}
    )
    items = read(reader(Key="m/manifest.json", config=config), s3)
    assert list(items) == [{"Bucket": "b", "Key": "a%2Bb", "Size": "3"}]


@pytest.mark.parametrize(
    ("body", "config", "cause"),
    [
        (b'{"Key": 1}\nbroken', {"InputType": "JSONL"}, "Expecting value"),
        (b'"text"', {"InputType": "JSON"}, "no array"),
        (b"[]", {"InputType": "JSON", "ItemsPointer": "/nowhere"}, "nowhere"),
        (b"[]", {"InputType": "PARQUET"}, "PARQUET"),
    ],
)
def test_a_malformed_file_fails_the_reader(body: bytes, config: dict[str, Any], cause: str) -> None:
    with pytest.raises(StateFailure, match=f"States.ItemReaderFailed.*{cause}"):
        list(read(reader(Key="f", config=config), one_bucket({"f": body})))


def test_a_missing_file_fails_the_reader() -> None:
    with pytest.raises(StateFailure, match=r"States\.ItemReaderFailed.*NoSuchKey"):
        list(read(reader(Key="f", config={"InputType": "JSONL"}), one_bucket()))
