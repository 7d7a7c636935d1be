"""The names of attempts at an invocation, and which of them counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.attempts import attempt_name, of_latest_attempts

# Milliseconds as AWS writes them, none at all, and a time zone that isn't UTC.
STARTED, REDRIVEN, AGAIN = "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.004Z", "2026-03-01T02:00:00.005+02:00"


def test_the_names_of_later_attempts_sort_after_those_of_earlier_ones() -> None:
    begun = [(STARTED, 0), (STARTED, 1), (STARTED, 10), (REDRIVEN, 0), (REDRIVEN, 2), (AGAIN, 0)]
    for request_id in ("0", "f"):
        names = [attempt_name(begun_at=at, retries=retries, request_id=request_id) for at, retries in begun]
        assert names == sorted(names)
    assert attempt_name(begun_at=AGAIN, retries=3, request_id="id") == "20260301T000000.005-03-id"


@given(st.dictionaries(st.sampled_from(["0-000", "0-001", "0.1-001"]), st.sets(st.integers(0, 9), min_size=1)))
def test_the_latest_attempt_at_each_invocation_counts(attempts: dict[str, set[int]]) -> None:
    def parts(place: str, retries: int) -> list[str]:
        name = attempt_name(begun_at=STARTED, retries=retries, request_id=f"re-quest{9 - retries}")
        return [f"objects/part-{place}-{name}-{number:05d}" for number in range(2)]

    written = [
        part for place, all_retries in attempts.items() for retries in all_retries for part in parts(place, retries)
    ]
    counting = [part for place, all_retries in attempts.items() for part in parts(place, max(all_retries))]
    assert sorted(of_latest_attempts(sorted(written))) == sorted(counting)


def test_what_has_no_attempt_in_its_name_counts() -> None:
    keys = ["retry/part-000-00000.jsonl", "retry/part-001-00000.jsonl"]
    assert list(of_latest_attempts(keys)) == keys
