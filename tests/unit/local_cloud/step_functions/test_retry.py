import pytest

from local_cloud.step_functions.errors import StateFailure, matches
from local_cloud.step_functions.retry import Retries


def delays(retries: Retries, error: str, attempts: int) -> list[float | None]:
    return [retries.delay_seconds(StateFailure(error)) for _ in range(attempts)]


def test_delays_grow_by_the_backoff_rate_up_to_the_maximum() -> None:
    retrier = {"ErrorEquals": ["E"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 4, "MaxDelaySeconds": 20}
    assert delays(Retries([retrier]), "E", 5) == [2, 6, 18, 20, None]


def test_the_default_is_three_attempts_after_one_two_and_four_seconds() -> None:
    assert delays(Retries([{"ErrorEquals": ["E"]}]), "E", 4) == [1, 2, 4, None]


def test_full_jitter_picks_from_zero_to_the_delay() -> None:
    retrier = {"ErrorEquals": ["E"], "IntervalSeconds": 4, "JitterStrategy": "FULL"}
    assert delays(Retries([retrier], jitter=lambda low, high: low + high / 2), "E", 2) == [2, 4]


def test_only_the_first_retrier_that_matches_counts_an_error() -> None:
    retriers = [{"ErrorEquals": ["E"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    retries = Retries(retriers)
    assert delays(retries, "E", 2) == [1, None]
    assert delays(retries, "Other", 3) == [1, 2, None]
    assert retries.count == 3


@pytest.mark.parametrize(
    ("names", "error", "taken"),
    [
        (["States.ALL"], "Anything", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "Lambda.Unknown", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["Other"], "Lambda.Unknown", False),
    ],
)
def test_error_equals_matches_error_names(names: list[str], error: str, taken: bool) -> None:
    assert matches(names, error) is taken
