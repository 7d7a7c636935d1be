"""The lister with real boto3 against the stand-in on loopback: it always lists exactly the bucket's keys."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.job.bucket import Bucket
from lambdas.list_objects import errors
from lambdas.list_objects.client import s3_client
from lambdas.list_objects.listing import Dealing, Listed, Listing
from lambdas.process_objects.batch_failure import BatchFailed
from lambdas.shared.selection import Selection, Selector
from tests.fixtures.batches import run_batch
from tests.fixtures.nasty_keys import NASTY_KEYS
from tests.fixtures.stand_in.buckets import Properties
from tests.fixtures.stand_in.faults import Faults
from tests.fixtures.stand_in.running import in_thread
from tests.fixtures.stand_in.server import StandIn
from tests.fixtures.stand_in.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lambdas.list_objects.checkpoint import Checkpoint
    from lambdas.process_objects.outcome import Outcome
    from tests.fixtures.stand_in.faults import Fault

KEY_LIST = "key-lists/run/listed/"
UNDEALT = Dealing()
GROWTH = 4


class Bench:
    """A stand-in, and listers of its buckets."""

    def __init__(self, endpoint_url: str, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.runs = stand_in.stored("runs")
        self.source = stand_in.stored("source")
        self._endpoint_url = endpoint_url

    def listing(
        self,
        bucket: str = "source",
        threads: int = 8,
        attempts: int = 8,
        part: int = 1000,
        *,
        requester_pays: bool = False,
        max_keys_per_shard: int = 100_000_000,
        dealing: Dealing = UNDEALT,
    ) -> Listing:
        client = s3_client(
            region="us-east-1", threads=threads, endpoint_url=self._endpoint_url, path_style=True, attempts=attempts
        )
        return Listing(
            source=client,
            source_bucket=bucket,
            source_owner="222222222222",
            runs=client,
            runs_bucket="runs",
            runs_owner="111111111111",
            threads=threads,
            keys_per_part=part,
            max_keys_per_shard=max_keys_per_shard,
            dealing=dealing,
            requester_pays=requester_pays,
        )

    def forget(self) -> None:
        """Delete the key list."""
        self.runs.objects.clear()
        self.runs.keep_order()

    def listed(self) -> list[str]:
        bodies = (body for key, body in sorted(self.runs.objects.items()) if key.startswith(KEY_LIST.encode()))
        return [json.loads(line)["Key"] for body in bodies for line in body.splitlines()]


def keys_of(shape: str, count: int) -> list[str]:
    keys = SHAPES[shape](count)
    return [keys.key(index).decode() for index in range(count)]


@pytest.fixture
def bench() -> Iterator[Bench]:
    stand_in = StandIn()
    with in_thread(stand_in) as endpoint_url:
        yield Bench(endpoint_url, stand_in)


def run(
    listing: Listing, seconds_left: Callable[[], float] = lambda: 60.0, **options: Any
) -> tuple[int, Checkpoint | None]:
    """How many keys are listed, and where to continue."""
    before = options.get("checkpoint") or {"listed": 0}
    listed = run_whole(listing, seconds_left, **options)
    return before["listed"] + listed.listed, next(iter(listed.checkpoints), None)


def run_whole(
    listing: Listing,
    seconds_left: Callable[[], float] = lambda: 60.0,
    *,
    select: Sequence[Selection] = (),
    **options: Any,
) -> Listed:
    request = {"key_list_prefix": KEY_LIST, "prefixes": [""], "max_keys": None, "checkpoint": None, **options}
    selector = Selector(select, started_at="2026-03-01T00:00:00Z")
    return listing.run(**{"attempt": "b", **request}, selector=selector, seconds_left=seconds_left)


def running_out_after(readings: int) -> Callable[[], float]:
    """A clock that shows 60 seconds `readings` times, then only the reserved time: no test waits for time to pass."""
    times = iter([60.0] * readings)
    return lambda: next(times, 10.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_key_of_every_shape_is_listed(bench: Bench, shape: str) -> None:
    bench.stand_in.latency_seconds = 0.002
    listed, checkpoint = run(bench.listing(f"{shape}-30000"))
    keys = bench.listed()
    assert (listed, checkpoint) == (30000, None)
    assert len(keys) == 30000
    assert set(keys) == set(keys_of(shape, 30000))
    assert bench.stand_in.connections <= 10


def test_nasty_keys_are_listed_byte_for_byte(bench: Bench) -> None:
    for key in NASTY_KEYS:
        bench.source.put(key.encode(), b"")
    run(bench.listing())
    assert sorted(bench.listed()) == sorted(NASTY_KEYS)


def test_a_prefix_without_keys_gives_no_part_and_no_error(bench: Bench) -> None:
    assert run(bench.listing(), prefixes=["nothing/"]) == (0, None)
    assert bench.runs.objects == {}


def test_no_prefixes_at_all_are_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="no prefixes"):
        run(bench.listing(), prefixes=[])


def test_prefixes_limit_the_listing_and_may_overlap(bench: Bench) -> None:
    wanted = ["a/1", "a/b/1", "a/b/2", "c"]
    for key in [*wanted, "a", "b/1", "d"]:
        bench.source.put(key.encode(), b"")
    assert run(bench.listing(), prefixes=["a/b/", "c", "a/", "a/b/"]) == (4, None)
    assert sorted(bench.listed()) == wanted


@pytest.mark.parametrize("max_keys", [1, 999, 1000, 1001, 2500])
def test_max_keys_gives_the_first_keys(bench: Bench, max_keys: int) -> None:
    assert run(bench.listing("dates-3000"), max_keys=max_keys) == (max_keys, None)
    assert bench.listed() == keys_of("dates", 3000)[:max_keys]


def test_a_listing_continues_over_many_invocations(bench: Bench) -> None:
    bench.stand_in.latency_seconds = 0.01
    listing = bench.listing("hive-100000", threads=4)
    checkpoint: Checkpoint | None = None
    invocations = 0
    while not invocations or checkpoint:
        listed, checkpoint = run(listing, running_out_after(10), checkpoint=json.loads(json.dumps(checkpoint)))
        invocations += 1
        assert len(json.dumps(checkpoint)) < 64 * 1024
    keys = bench.listed()
    assert invocations > 5
    assert listed == len(keys) == 100000
    assert set(keys) == set(keys_of("hive", 100000))


def test_max_keys_counts_over_all_invocations(bench: Bench) -> None:
    bench.stand_in.latency_seconds = 0.01
    listing = bench.listing("uniform-50000")
    listed, checkpoint = run(listing, running_out_after(8), max_keys=20500)
    assert checkpoint
    assert 0 < listed < 20500
    assert run(listing, max_keys=20500, checkpoint=checkpoint) == (20500, None)
    assert bench.listed() == keys_of("uniform", 50000)[:20500]


def test_a_retried_invocation_deletes_the_parts_of_the_killed_one(bench: Bench) -> None:
    for name in ("shard-0-000-a-killed/part-00007.jsonl", "shard-0.3-001-a-killed/part-00000.jsonl"):
        bench.runs.put(f"{KEY_LIST}{name}".encode(), b'{"Key":"stale"}\n')
    bench.runs.put(b"key-lists/run2/listed/part-000-00000.jsonl", b"another run's")
    bench.stand_in.latency_seconds = 0.01
    listing = bench.listing("uniform-20000", threads=2)
    _, checkpoint = run(listing, running_out_after(8))
    assert checkpoint
    # The killed attempt wrote more than the one that counts will.
    bench.runs.put(f"{KEY_LIST}shard-0-001-a-killed/part-00099.jsonl".encode(), b'{"Key":"stale"}\n')
    assert run(listing, checkpoint=checkpoint) == (20000, None)
    assert len(bench.listed()) == len(set(bench.listed())) == 20000
    assert b"key-lists/run2/listed/part-000-00000.jsonl" in bench.runs.objects


def test_no_fault_loses_a_key(bench: Bench) -> None:
    bench.stand_in.faults = Faults(
        {"slow_down": 0.01, "error_in_200": 0.02, "truncated": 0.02, "reset": 0.02, "empty_page": 0.02}, seed=7
    )
    listed, checkpoint = run(bench.listing("dates-200000", threads=16))
    assert (listed, checkpoint) == (200000, None)
    assert bench.stand_in.faults.injected > 8
    keys = bench.listed()
    assert len(keys) == 200000
    assert set(keys) == set(keys_of("dates", 200000))


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("access_denied", errors.AccessDenied, "listing s3://uniform-5000/: AccessDenied: Access Denied"),
        ("slow_down", errors.Throttled, "SlowDown: Please reduce your request rate"),
        ("error_in_200", errors.ListingFailed, "InternalError: We encountered an internal error"),
        ("truncated", errors.ListingFailed, "listing s3://uniform-5000/"),
    ],
)
def test_a_fault_that_stays_fails_the_listing(bench: Bench, fault: Fault, error: type[Exception], words: str) -> None:
    listing = bench.listing("uniform-5000", attempts=2)
    bench.stand_in.faults = Faults({fault: 1.0})
    with pytest.raises(error, match=words):
        run(listing)


def test_a_missing_bucket_fails_the_listing(bench: Bench) -> None:
    with pytest.raises(errors.NoSuchBucket, match="listing s3://gone/"):
        run(bench.listing("gone"))


def test_a_part_that_cannot_be_written_fails_the_invocation(bench: Bench) -> None:
    bench.stand_in.faults = Faults({"access_denied": 1.0}, operations=frozenset({"PutObject"}))
    with pytest.raises(ClientError, match="AccessDenied"):
        run(bench.listing("uniform-5000", attempts=2))


def test_an_invocation_without_a_page_fails(bench: Bench) -> None:
    """Otherwise the state machine would loop forever."""
    bench.stand_in.latency_seconds = 1.0
    listing = bench.listing("uniform-5000")
    with pytest.raises(errors.NoProgress):
        run(listing, _seconds_from_now(1.2))


def _seconds_from_now(seconds: float) -> Callable[[], float]:
    until = time.monotonic() + seconds
    return lambda: until - time.monotonic()


def test_botocore_parses_only_the_remainder_of_a_page(bench: Bench) -> None:
    """If this fails, botocore has changed the order of its handlers: the listing is still right, but twice as slow."""
    listing = bench.listing("uniform-1000")
    sizes: list[int] = []
    listing._source.meta.events.register_first(
        "before-parse.s3.*", lambda response_dict, **_: sizes.append(len(response_dict["body"]))
    )
    assert run(listing) == (1000, None)
    assert sizes
    assert max(sizes) < 1000


JUNE = Properties(modified="2026-06-01T00:00:00.000Z", size=5)


@pytest.mark.parametrize(
    ("select", "selected"),
    [
        ({"suffixes": [".jpg"]}, ["a.jpg", "b.jpg"]),
        ({"include": ["a*"], "exclude": ["*.txt"]}, ["a.jpg"]),
        ({"max_bytes": 5}, ["a.jpg", "c.txt"]),
        ({"min_bytes": 6, "suffixes": [".jpg"]}, ["b.jpg"]),
        ({"modified_after": "2026-06-01T00:00:00Z"}, ["a.jpg", "c.txt"]),
        ({"modified_before": "2026-06-01T00:00:00Z"}, ["a.txt", "b.jpg"]),
        ({"modified_after": "45d"}, ["a.jpg", "a.txt", "b.jpg", "c.txt"]),
        ({"storage_classes": ["STANDARD_IA"]}, ["c.txt"]),
    ],
)
def test_only_selected_objects_are_listed(bench: Bench, select: Selection, selected: list[str]) -> None:
    for key in ("a.jpg", "a.txt", "b.jpg", "c.txt"):
        bench.source.put(key.encode(), b"")
    bench.source.properties = {b"a.jpg": JUNE, b"c.txt": JUNE._replace(storage_class="STANDARD_IA")}
    result = run_whole(bench.listing(), select=[select])
    assert bench.listed() == selected
    assert (result.seen, result.listed) == (4, len(selected))


def test_an_archive_is_marked_unless_it_is_restored(bench: Bench) -> None:
    classes = {"a": "GLACIER", "b": "DEEP_ARCHIVE", "c": "GLACIER_IR", "d": "GLACIER", "e": "STANDARD"}
    for key, storage_class in classes.items():
        bench.source.put(key.encode(), b"")
        bench.source.properties[key.encode()] = Properties(
            storage_class=storage_class, restored_until="2026-12-01T00:00:00.000Z" if key == "d" else None
        )
    run(bench.listing())
    [part] = bench.runs.objects.values()
    assert [json.loads(line) for line in part.splitlines()] == [
        {"Key": "a", "Archived": True},
        {"Key": "b", "Archived": True},
        {"Key": "c"},
        {"Key": "d"},
        {"Key": "e"},
    ]


def test_archives_can_be_left_out_by_their_class(bench: Bench) -> None:
    for key in ("a", "b"):
        bench.source.put(key.encode(), b"")
    bench.source.properties = {b"a": Properties(storage_class="GLACIER")}
    run_whole(bench.listing(), select=[{"storage_classes": ["STANDARD"]}])
    assert bench.listed() == ["b"]


def test_one_percent_of_a_bucket_costs_the_requests_of_its_listing_alone(bench: Bench) -> None:
    for number in range(100_000):
        bench.source.objects[f"photos/{number:06d}.{'jpg' if number % 100 == 0 else 'txt'}".encode()] = b""
    bench.source.keep_order()
    bench.stand_in.latency_seconds = 0.002
    result = run_whole(bench.listing(threads=32, part=100_000), select=[{"suffixes": [".jpg"]}])
    assert (result.seen, result.listed) == (100_000, 1_000)
    assert sorted(bench.listed()) == [f"photos/{number:06d}.jpg" for number in range(0, 100_000, 100)]
    assert bench.stand_in.requests == {"ListObjectsV2": bench.stand_in.requests["ListObjectsV2"], "PutObject": 1}
    assert bench.stand_in.requests["ListObjectsV2"] - 1 <= 110  # one looked for leftovers


def test_max_keys_counts_selected_keys(bench: Bench) -> None:
    for number in range(2500):
        bench.source.put(f"{number:04d}".encode(), b"")
    result = run_whole(bench.listing(), select=[{"suffixes": ["7"]}], max_keys=120)
    assert result.listed == 120
    assert bench.listed() == [f"{number:03d}7" for number in range(120)]


def test_a_requester_pays_bucket_is_listed_by_who_agrees_to_pay(bench: Bench) -> None:
    bench.source.put(b"a", b"")
    bench.stand_in.requester_pays.add("source")
    assert run(bench.listing(requester_pays=True)) == (1, None)
    with pytest.raises(errors.AccessDenied):
        run(bench.listing())


def test_a_requester_pays_bucket_is_read_by_who_agrees_to_pay(bench: Bench) -> None:
    bench.source.put(b"a", b"one")
    bench.stand_in.requester_pays.add("source")
    paying = Bucket(bench.listing()._source, "source", "222222222222", requester_pays=True)

    def read(bucket: Bucket) -> list[Outcome]:
        return run_batch(["a"], source=bucket, process=lambda source: {"size": len(source.open().read())}).outcomes

    assert read(paying) == [{"Key": "a", "Outcome": "Succeeded", "Result": {"size": 3}}]
    with pytest.raises(BatchFailed, match="AccessDenied"):
        read(replace(paying, requester_pays=False))


def test_the_clock_is_that_of_s3(bench: Bench) -> None:
    bench.source.put(b"a", b"")
    assert bench.listing().clock("") == "Thu, 26 Nov 2026 08:00:00 GMT"


class Rounds:
    """A listing to its end, in rounds as the state machine runs them. `rounds`: the keys of the shards of each."""

    def __init__(self, listing: Listing, **options: Any) -> None:
        self._listing = listing
        self._options = {"key_list_prefix": KEY_LIST, "prefixes": [""], "max_keys": None, "select": (), **options}
        self._selector = Selector(self._options.pop("select"), started_at="2026-03-01T00:00:00Z")
        self._attempts = 0
        self.prefixes: list[str] = []
        done = [self._invoke(None)]
        self.rounds = [[done[0].listed]]
        self.seen = done[0].seen
        while going_on := [checkpoint for one in done for checkpoint in one.checkpoints]:
            most = GROWTH * sum(self.rounds[-1]) // len(going_on)
            done = [self._invoke(checkpoint, most=most, listers=len(going_on)) for checkpoint in going_on]
            self.rounds.append([one.listed for one in done])
            self.seen += sum(one.seen for one in done)

    @property
    def listed(self) -> int:
        return sum(sum(keys) for keys in self.rounds)

    def _invoke(self, checkpoint: Checkpoint | None, **of_round: Any) -> Listed:
        self._attempts += 1
        listed = self._listing.run(
            **self._options,
            # The state machine passes it on as JSON.
            checkpoint=json.loads(json.dumps(checkpoint)),
            **of_round,
            attempt=f"{self._attempts}",
            selector=self._selector,
            seconds_left=lambda: 60.0,
        )
        if listed.listed:
            self.prefixes.append(listed.shard)
        return listed


def keys_below(bench: Bench) -> Counter[str]:
    """How many keys each shard has."""
    counts = Counter[str]()
    for key, body in bench.runs.objects.items():
        counts[f"{key.decode().rpartition('/')[0]}/"] += body.count(b"\n")
    return counts


@pytest.mark.parametrize("shape", SHAPES)
def test_a_dealt_listing_lists_every_key_once(bench: Bench, shape: str) -> None:
    bench.stand_in.latency_seconds = 0.002
    rounds = Rounds(bench.listing(f"{shape}-60000", part=500, dealing=Dealing(listers=4)))
    keys = bench.listed()
    assert len(rounds.rounds) > 1
    assert rounds.listed == rounds.seen == len(keys) == 60000
    assert set(keys) == set(keys_of(shape, 60000))
    assert sorted(keys_below(bench)) == sorted(rounds.prefixes)
    for before, after in pairwise(rounds.rounds):
        assert sum(after) <= max(GROWTH * sum(before), 500 * len(after))


def test_a_listing_that_ends_before_it_would_be_dealt_is_whole_and_sends_no_request_more(bench: Bench) -> None:
    requests = []
    for dealing in (Dealing(), Dealing(listers=8, after_seconds=600)):
        bench.stand_in.requests.clear()
        listed = run_whole(bench.listing("uniform-900", dealing=dealing))
        assert (listed.listed, listed.checkpoints) == (900, [])
        requests.append(dict(bench.stand_in.requests))
        bench.forget()
    # One page of the bucket, one look for leftovers, and one part.
    assert requests == [{"ListObjectsV2": 2, "PutObject": 1}] * 2


@pytest.mark.parametrize(
    ("options", "dealing", "threads"),
    [
        ({"max_keys": 9_000}, Dealing(listers=8), 4),
        ({}, Dealing(listers=8), 1),
        ({}, Dealing(listers=1), 4),
    ],
    ids=["max_keys", "one thread", "one lister"],
)
def test_what_is_not_to_be_dealt_is_listed_by_one_lister_in_shards_of_their_limit(
    bench: Bench, options: dict[str, int], dealing: Dealing, threads: int
) -> None:
    listing = bench.listing("uniform-9500", threads=threads, max_keys_per_shard=2_500, dealing=dealing)
    wanted = options.get("max_keys", 9_500)
    assert Rounds(listing, **options).rounds == [[2_500], [2_500], [2_500], [wanted - 7_500]]
    assert set(bench.listed()) == set(keys_of("uniform", 9_500)[:wanted])
    assert sorted(keys_below(bench).values()) == [wanted - 7_500, 2_500, 2_500, 2_500]


def test_a_shard_holds_its_limit_at_most_whatever_is_selected_and_however_many_list(bench: Bench) -> None:
    for number in range(8_000):
        bench.source.put(f"{number:04d}".encode(), b"")
    listing = bench.listing(part=300, max_keys_per_shard=1_000, dealing=Dealing(listers=2))
    rounds = Rounds(listing, select=[{"exclude": ["*7"]}])
    assert (rounds.seen, rounds.listed) == (8_000, 7_200)
    assert sorted(bench.listed()) == [f"{number:04d}" for number in range(8_000) if number % 10 != 7]
    assert max(keys_below(bench).values()) <= 1_000


def test_a_lister_adds_about_as_many_keys_to_a_round_as_it_may(bench: Bench) -> None:
    [first] = run_whole(bench.listing("uniform-9000", max_keys_per_shard=1_000)).checkpoints
    listed = run_whole(bench.listing("uniform-9000"), checkpoint=first, most=2_300)
    assert listed.listed == 2_300
    least = run_whole(bench.listing("uniform-9000", part=1_500), checkpoint=listed.checkpoints[0], most=0)
    assert least.listed == 1_500, "a part, so that each round goes on"


def test_what_an_attempt_writes_that_was_given_up_is_in_no_shard(bench: Bench) -> None:
    """Step Functions can't end an invocation, so it may go on beside the one that a redrive starts."""
    listing = bench.listing("uniform-30000", part=500, dealing=Dealing(listers=2))
    first = run_whole(listing)
    shards = [run_whole(listing, checkpoint=checkpoint, most=100_000) for checkpoint in first.checkpoints]
    again = run_whole(listing, checkpoint=first.checkpoints[0], most=100_000, attempt="c")
    bench.runs.put(f"{shards[0].shard}part-00099.jsonl".encode(), b'{"Key":"late"}\n')
    assert again.listed == shards[0].listed
    counted = {first.shard: first.listed, shards[1].shard: shards[1].listed, again.shard: again.listed}
    assert sum(counted.values()) == 30_000
    assert keys_below(bench) == {**counted, shards[0].shard: 1}, "the first attempt's parts were deleted"


def test_an_attempt_that_was_given_up_deletes_nothing_of_the_next_one_even_if_it_begins_after_it(bench: Bench) -> None:
    listing = bench.listing("uniform-30000", part=500, dealing=Dealing(listers=2))
    first = run_whole(listing, attempt="c")
    shard = run_whole(listing, checkpoint=first.checkpoints[0], most=100_000, attempt="c")
    run_whole(listing, checkpoint=first.checkpoints[0], most=100_000, attempt="b")
    assert keys_below(bench)[shard.shard] == shard.listed
    run_whole(listing, attempt="b")
    assert keys_below(bench)[first.shard] == first.listed


def test_a_lister_that_is_left_alone_deals_what_it_has_left_to_all(bench: Bench) -> None:
    listing = bench.listing("uniform-60000", dealing=Dealing(listers=4))
    checkpoint = run_whole(listing).checkpoints[-1]
    alone = run_whole(listing, checkpoint=checkpoint, most=20_000, listers=1).checkpoints
    assert [one["lister"] for one in alone] == [f"{checkpoint['lister']}.{number}" for number in range(4)]
    one_of_two = run_whole(listing, checkpoint=checkpoint, most=20_000, listers=2).checkpoints
    assert len(one_of_two) == 2
    one_of_four = run_whole(listing, checkpoint=checkpoint, most=20_000, listers=4).checkpoints
    assert [one["lister"] for one in one_of_four] == [checkpoint["lister"]]


def test_checkpoints_that_are_too_long_are_dealt_to_fewer(bench: Bench) -> None:
    bench.stand_in.latency_seconds = 0.002
    assert len(run_whole(bench.listing("uniform-30000", dealing=Dealing(listers=8))).checkpoints) == 8
    bench.forget()
    rounds = Rounds(bench.listing("uniform-30000", dealing=Dealing(listers=8, max_bytes=900)))
    assert 1 <= len(rounds.rounds[1]) <= 4
    assert sorted(bench.listed()) == keys_of("uniform", 30000)
