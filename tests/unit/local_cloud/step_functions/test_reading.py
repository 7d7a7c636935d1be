"""A Map Run reads its items while children run, so it can fail with items unread."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.step_functions.descriptions import describe_map_run
from local_cloud.step_functions.errors import StateFailure
from tests.fixtures.fake_s3 import FakeS3, refusal
from tests.fixtures.maps import WRITER, distributed, failing_on_any_of
from tests.fixtures.step_functions import Bench, FakeRole, StartBench

READER = {
    "Resource": "arn:aws:states:::s3:listObjectsV2",
    "Arguments": {"Bucket": "runs", "Prefix": "keys/"},
    "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
}


class SlowS3(FakeS3):
    """The objects of a key list; the part `keys/2` can be read once `gate` is open."""

    def __init__(self) -> None:
        parts = {f"keys/{number}": _lines(number * 2, number * 2 + 1) for number in range(3)}
        super().__init__(parts, owner_required=False)
        self.gate = threading.Event()

    def get_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] == "keys/2" and not self.gate.wait(5):
            raise refusal("SlowDown")
        return super().get_object(**request)


def _lines(*items: int) -> bytes:
    return "".join(f"{json.dumps(item)}\n" for item in items).encode()


@pytest.fixture
def s3() -> Iterator[SlowS3]:
    s3 = SlowS3()
    yield s3
    s3.gate.set()


def records(run: Bench, file: str) -> list[int]:
    return [int(record["Input"]) for record in run.role.s3.lines(file)]


def test_children_run_while_items_are_read(bench: StartBench, s3: SlowS3) -> None:
    def answer(arguments: Any) -> Any:
        if arguments == 3:
            s3.gate.set()
        return arguments

    assert bench(distributed(ItemReader=READER), answer=answer, role=FakeRole(s3)).run() == list(range(6))


def test_a_map_run_that_fails_with_unread_items_has_them_in_no_file_and_a_redrive_reads_them(
    bench: StartBench, s3: SlowS3
) -> None:
    bad = [1]
    run = bench(
        distributed(ItemReader=READER, ResultWriter=WRITER, MaxConcurrency=1),
        answer=failing_on_any_of(bad),
        role=FakeRole(s3),
    )
    with pytest.raises(StateFailure, match="ExceedToleratedFailureThreshold"):
        run.run()
    counts = describe_map_run(run.map_run)["itemCounts"]
    assert (counts["total"], counts["succeeded"], counts["failed"]) == (2 + counts["pending"], 1, 1)
    unread = 6 - counts["total"]
    assert unread >= 2, "the third part was not read"
    assert s3.lines("SUCCEEDED_0.jsonl") == [0]
    assert records(run, "FAILED_0.jsonl") == [1]

    bad.clear()
    s3.gate.set()
    run.run()
    counts = describe_map_run(run.map_run)["itemCounts"]
    assert (counts["total"], counts["succeeded"]) == (6, 6)
    named = s3.json("manifest.json")["ResultFiles"]
    assert (named["FAILED"], named["PENDING"]) == ([], [])
    assert [s3.lines(file["Key"]) for file in named["SUCCEEDED"]] == [[0], [1, 2, 3, 4, 5]]
    assert run.tasks.calls == [0, 1, 1, 2, 3, 4, 5]


def test_a_reading_that_fails_at_an_item_keeps_what_was_processed(bench: StartBench, s3: SlowS3) -> None:
    """The part of the fifth item is denied; a redrive with the right back reads on, and processes nothing twice."""
    s3.gate.set()
    s3.refusals["keys/2"] = refusal("AccessDenied", "Access Denied")
    run = bench(distributed(ItemReader=READER, ResultWriter=WRITER), role=FakeRole(s3))
    with pytest.raises(StateFailure, match=r"States\.ItemReaderFailed.*AccessDenied"):
        run.run()
    described = describe_map_run(run.map_run)
    assert (described["status"], described["itemCounts"]["total"]) == ("FAILED", 4)
    s3.refusals.clear()
    run.run()
    assert sorted(run.tasks.calls) == list(range(6))
    named = s3.json("manifest.json")["ResultFiles"]["SUCCEEDED"]
    assert sorted(item for file in named for item in s3.lines(file["Key"])) == list(range(6))


def test_a_percentage_is_compared_once_the_total_is_known(bench: StartBench, s3: SlowS3) -> None:
    """What AWS does while it still reads is not documented."""

    def answer(arguments: Any) -> Any:
        if arguments == 1:
            s3.gate.set()
            raise StateFailure("Boom")
        return arguments

    states = distributed(ItemReader=READER, ToleratedFailurePercentage=20)
    assert len(bench(states, answer=answer, role=FakeRole(s3)).run()) == 6


def test_a_test_manifest_is_written_before_any_child_starts(bench: StartBench) -> None:
    role = FakeRole()

    def answer(arguments: Any) -> Any:
        assert role.s3.json("manifest.json")["ResultFiles"] == {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        return arguments

    bench(distributed(ResultWriter=WRITER), answer=answer, role=role).run([1])
    assert role.s3.lines("SUCCEEDED_0.jsonl") == [1]


def test_a_role_that_may_not_write_fails_the_map_before_any_child_starts(bench: StartBench) -> None:
    role = FakeRole(FakeS3(owner_required=False, denied={"PutObject"}))
    run = bench(distributed(ResultWriter=WRITER), role=role)
    with pytest.raises(StateFailure, match=r"States\.ResultWriterFailed: Failed to write a test manifest"):
        run.run([1])
    assert run.tasks.calls == []
