"""Incremental runs over any history of a bucket: nothing is left out that no run has processed as it is.

The bucket is a model; the listing's decisions and the record of a success are the real code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal, NamedTuple

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.list_objects.changes import LastRuns, RunsBucket, begin_look
from lambdas.list_objects.listed_object import ListedObject
from lambdas.shared.attempts import attempt_name
from lambdas.shared.key_lists import retry_prefix
from lambdas.shared.last_success import BrokenLastSuccess
from lambdas.summarize_run.record_success import record_success
from tests.fixtures.fake_s3 import FakeS3, refusal

BUCKET = "their-bucket"
OVERLAP = timedelta(days=7)
START = datetime(2026, 3, 1, tzinfo=UTC)


class Version(NamedTuple):
    """An object as it is. `modified`: when its upload began, as S3 says; `visible`: when it appeared."""

    etag: str
    modified: datetime
    visible: datetime


Identity = tuple[str, str, datetime]


@dataclass
class Run:
    """A run between its listing and its end."""

    name: str
    looked_until: str
    listed: dict[str, Version]


@dataclass
class World:
    """The source bucket, and the runs over it. Keys of `failing` fail when they are read."""

    overlap: timedelta = OVERLAP
    now: datetime = START
    objects: dict[str, Version] = field(default_factory=dict)
    uploads: list[tuple[str, Version]] = field(default_factory=list)
    processed: set[Identity] = field(default_factory=set)
    running: list[Run] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    runs: FakeS3 = field(default_factory=FakeS3)
    names: int = 0

    def put(self, key: str, etag: str) -> None:
        self.objects[key] = Version(etag, self.now, self.now)

    def begin_upload(self, key: str, etag: str) -> None:
        self.uploads.append((key, Version(etag, self.now, self.now)))

    def end_upload(self, number: int) -> None:
        if self.uploads:
            key, begun = self.uploads.pop(number % len(self.uploads))
            self.objects[key] = begun._replace(visible=self.now)

    def start_run(self, changes: Literal["changed", "everything"] = "changed") -> Run:
        """List the bucket. Fails if an object is left out that no run has processed as it is."""
        self.names += 1
        name = f"run-{self.names}"
        bucket = RunsBucket(self.runs.client, bucket="runs", owner=self.runs.owner)
        clock = format_datetime(self.now, usegmt=True)
        look = begin_look(bucket, source_bucket=BUCKET, changes=changes, s3_clock=clock)
        last = LastRuns(
            bucket, source_bucket=BUCKET, run=name, look=look, overlap=self.overlap, invocation=None, attempt="a"
        )
        listed = {key: version for key, version in self.objects.items() if last.is_new(as_listed(key, version), "")}
        last.finish()
        for key, version in self.objects.items():
            promised = version.visible - version.modified <= OVERLAP
            if key not in listed and promised:
                assert (key, version.etag, version.modified) in self.processed, f"{key} {version} was left out"
        run = Run(name, look["looked_until"], listed)
        self.running.append(run)
        return run

    def end_run(self, run: Run, *, succeeds: bool = True) -> None:
        """Process what was listed. What has another ETag by now, or is gone, fails."""
        self.running.remove(run)
        failed = []
        for key, version in run.listed.items():
            current = self.objects.get(key)
            if current is None or current.etag != version.etag or key in self.failing:
                failed.append({"Key": key})
            else:
                self.processed.add((key, version.etag, version.modified))
        lines = "".join(f"{json.dumps(line)}\n" for line in failed).encode()
        self.runs.objects["runs", f"{retry_prefix(run.name)}part-000-00000.jsonl"] = lines
        if succeeds:
            self.record(run)

    def record(self, run: Run) -> bool:
        success: Any = {"run": run.name, "looked_until": run.looked_until, "prefixes": [""]}
        where = {"bucket": "runs", "owner": self.runs.owner, "source_bucket": BUCKET}
        return record_success(self.runs.client, success, **where)["recorded"]

    def run(self) -> list[str]:
        """A whole run; the keys that it listed."""
        run = self.start_run()
        self.end_run(run)
        return sorted(run.listed)


def as_listed(key: str, version: Version) -> ListedObject:
    modified = version.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return ListedObject(key, version.etag, 1, modified, "STANDARD", restored=False)


keys, etags = st.sampled_from("abc"), st.sampled_from("12")
actions = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 250)),
    st.tuples(st.just("put"), keys, etags),
    st.tuples(st.just("begin upload"), keys, etags),
    st.tuples(st.just("end upload"), st.integers(0, 3)),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("start"), st.sampled_from(["changed", "changed", "everything"])),
    st.tuples(st.just("end"), st.integers(0, 3), st.sampled_from([True, True, False]), st.sets(keys, max_size=1)),
)


def act(world: World, action: Any) -> None:
    match action:
        case ("wait", hours):
            world.now += timedelta(hours=hours)
        case ("put", key, etag):
            world.put(key, etag)
        case ("begin upload", key, etag):
            world.begin_upload(key, etag)
        case ("end upload", number):
            world.end_upload(number)
        case ("delete", key):
            world.objects.pop(key, None)
        case ("start", changes):
            world.start_run(changes)
        case ("end", number, succeeds, failing):
            if world.running:
                world.failing = failing
                world.end_run(world.running[number % len(world.running)], succeeds=succeeds)
                world.failing = set()


@settings(max_examples=400)
@given(st.lists(actions, min_size=4, max_size=40))
def test_nothing_is_left_out_that_no_run_has_processed_as_it_is(history: list[Any]) -> None:
    world = World()
    for action in history:
        act(world, action)
        world.now += timedelta(seconds=1)
    world.run()
    for key, version in world.objects.items():
        if version.visible - version.modified <= OVERLAP:
            assert (key, version.etag, version.modified) in world.processed


def test_a_run_lists_only_what_has_changed() -> None:
    world = World()
    world.put("a", "1")
    world.put("b", "1")
    assert world.run() == ["a", "b"]
    world.now += timedelta(days=1)
    world.put("b", "2")
    world.put("c", "1")
    assert world.run() == ["b", "c"]
    world.now += timedelta(days=30)
    assert world.run() == []


def test_an_upload_that_began_before_a_run_and_ended_after_it_is_listed_by_the_next() -> None:
    world = World()
    world.begin_upload("a", "1")
    world.now += timedelta(days=6)
    world.run()
    world.end_upload(0)
    world.now += timedelta(hours=1)
    assert world.run() == ["a"]


def test_without_the_overlap_such_an_upload_is_left_out() -> None:
    """So the test of all histories can fail."""
    world = World(overlap=timedelta(0))
    world.begin_upload("a", "1")
    world.now += timedelta(days=6)
    world.run()
    world.end_upload(0)
    world.now += timedelta(hours=1)
    with pytest.raises(AssertionError, match="was left out"):
        world.run()


def test_the_same_content_at_another_time_is_another_version() -> None:
    world = World()
    world.put("a", "1")
    world.run()
    world.now += timedelta(hours=1)
    world.put("a", "1")
    assert world.run() == ["a"]


def test_a_key_that_failed_comes_again_however_old_it_is() -> None:
    world = World(failing={"a"})
    world.put("a", "1")
    world.run()
    world.now += timedelta(days=90)
    assert world.run() == ["a"]
    world.failing = set()
    assert world.run() == ["a"]
    assert world.run() == []


def test_a_run_that_failed_or_was_stopped_moves_nothing() -> None:
    world = World()
    world.put("a", "1")
    world.end_run(world.start_run(), succeeds=False)
    world.now += timedelta(days=30)
    assert world.run() == ["a"]


def test_everything_lists_what_was_processed_too() -> None:
    world = World()
    world.put("a", "1")
    world.run()
    assert list(world.start_run("everything").listed) == ["a"]


def test_of_two_runs_the_one_that_began_later_is_the_last_success() -> None:
    world = World()
    first = world.start_run()
    world.now += timedelta(minutes=1)
    second = world.start_run()
    world.end_run(second, succeeds=False)
    assert world.record(second)
    world.end_run(first, succeeds=False)
    assert not world.record(first)
    assert world.runs.json("last-success.json")["run"] == second.name


def test_a_success_is_recorded_once_however_often_it_is_tried() -> None:
    world = World()
    world.put("a", "1")
    run = world.start_run()
    world.end_run(run)
    before = dict(world.runs.objects)
    assert world.record(run)
    assert world.runs.objects == before


def test_a_run_that_another_one_overtakes_while_it_records_is_compared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    first = world.start_run()
    world.now += timedelta(minutes=1)
    second = world.start_run()
    put_object = world.runs.put_object

    def overtaken(**request: Any) -> dict[str, Any]:
        if request["Key"].endswith("last-success.json"):
            monkeypatch.setattr(world.runs, "put_object", put_object)
            world.record(second)
        return put_object(**request)

    monkeypatch.setattr(world.runs, "put_object", overtaken)
    assert not world.record(first)
    assert world.runs.json("last-success.json")["run"] == second.name


def test_only_the_last_two_successes_are_kept() -> None:
    world = World()
    world.put("a", "1")
    for _ in range(4):
        world.run()
        world.now += timedelta(days=1)
    kept = {key.split("/")[2] for key in world.runs.below("runs", f"incremental/{BUCKET}/")}
    assert kept == {"last-success.json", "run-3", "run-4"}


def test_only_a_missing_state_means_everything() -> None:
    world = World()
    world.put("a", "1")
    world.run()
    pointer = f"incremental/{BUCKET}/last-success.json"
    world.runs.refusals[pointer] = refusal("AccessDenied", "Access Denied")
    with pytest.raises(ClientError, match="AccessDenied"):
        world.start_run()
    del world.runs.refusals[pointer]
    for broken in (b"{", b"[]", b'{"format": 2, "run": "r", "looked_until": "2026-01-01T00:00:00Z"}'):
        world.runs.objects["runs", pointer] = broken
        with pytest.raises(BrokenLastSuccess, match=r"last-success\.json is not"):
            world.start_run()
    del world.runs.objects["runs", pointer]
    assert list(world.start_run().listed) == ["a"]


def test_a_state_whose_run_is_gone_fails_the_listing() -> None:
    world = World()
    world.run()
    del world.runs.objects["runs", f"incremental/{BUCKET}/run-1/run.json"]
    with pytest.raises(BrokenLastSuccess, match=r"run-1/run\.json is missing"):
        world.start_run()


def test_a_prefix_that_the_last_run_did_not_list_is_listed_whole() -> None:
    world = World()
    old = Version("1", START - timedelta(days=100), START - timedelta(days=100))
    record: Any = {"run": "r", "looked_until": "2026-03-01T00:00:00Z", "prefixes": ["a/", "b/"]}
    where = {"bucket": "runs", "owner": world.runs.owner}
    record_success(world.runs.client, record, source_bucket=BUCKET, **where)
    runs = RunsBucket(world.runs.client, **where)
    look: Any = {"looked_until": "2026-03-02T00:00:00Z", "since": "r"}
    last = LastRuns(runs, source_bucket=BUCKET, run="s", look=look, overlap=OVERLAP, invocation=None, attempt="a")
    assert [last.is_new(as_listed("k", old), prefix) for prefix in ("a/", "b/c/", "c/", "")] == [
        False,
        False,
        True,
        True,
    ]


def test_only_objects_within_the_overlap_are_remembered() -> None:
    world = World()
    world.put("old", "1")
    world.now += timedelta(days=8)
    world.put("new", "1")
    world.run()
    [digests] = world.runs.below("runs", f"incremental/{BUCKET}/run-1/objects/").values()
    assert len(digests) == 16


def test_what_a_lister_saw_that_was_given_up_is_not_remembered() -> None:
    world = World()
    world.put("a", "1")
    runs = RunsBucket(world.runs.client, bucket="runs", owner=world.runs.owner)
    clock = format_datetime(world.now, usegmt=True)
    look = begin_look(runs, source_bucket=BUCKET, changes="changed", s3_clock=clock)
    options: Any = {"source_bucket": BUCKET, "run": "r", "look": look, "overlap": OVERLAP, "invocation": None}
    begun = {"begun_at": "2026-03-01T00:00:00Z", "request_id": "id"}
    counts = LastRuns(runs, **options, attempt=attempt_name(retries=1, **begun))
    assert counts.is_new(as_listed("a", world.objects["a"]), "")
    # The earlier attempt begins late: it sees a newer version, which the run doesn't process.
    given_up = LastRuns(runs, **options, attempt=attempt_name(retries=0, **begun))
    world.put("a", "2")
    given_up.is_new(as_listed("a", world.objects["a"]), "")
    for last in (counts, given_up):
        last.finish()
    world.record(Run("r", look["looked_until"], {}))
    assert list(world.start_run().listed) == ["a"]
