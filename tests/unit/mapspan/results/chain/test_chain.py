"""The sum of a chain counts every key once, with its last outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deployment import Deployment
from mapspan.results.chain.chain import Chain, read_chain
from mapspan.results.finished_run import find_run
from mapspan.results.keys_to_retry import PENDING as PENDING_ERROR
from mapspan.results.ledger_text import OUTCOMES
from mapspan.results.run_results import ResultFiles
from mapspan.running.remainder import write_remainder
from modules.pipeline.workflow.names import TOO_MANY_FAILED_OBJECTS
from tests.fixtures.run_history import PENDING, SKIPPED, SUCCEEDED, RunHistory, SimulatedRun

DEPLOYMENT = Deployment(environment=load("local"))
KEYS = [f"k{number}" for number in range(8)]
# Each key of an error that begins with Alone failed by itself, each other one with its batch.
ERRORS = ("AloneA", "AloneB", "Whole")
ENDS = st.sampled_from((SUCCEEDED, SKIPPED, PENDING, *ERRORS))
OUTCOMES_OF_KEYS = st.fixed_dictionaries(dict.fromkeys(KEYS, ENDS))
STATUSES = st.sampled_from(("SUCCEEDED", "FAILED"))


@pytest.fixture(scope="module", autouse=True)
def _clients() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Deployment, "step_functions", lambda _: CURRENT[0])
        patch.setattr(Deployment, "s3", lambda _: CURRENT[0].s3.client)
        yield


CURRENT: list[Any] = []


def history() -> RunHistory:
    """A history without runs, which the commands ask from now on."""
    CURRENT[:] = [RunHistory(DEPLOYMENT)]
    runs: RunHistory = CURRENT[0]
    return runs


def retry(
    runs: RunHistory, of: str, name: str, outcomes: Mapping[str, str], *errors: str, status: str = "FAILED"
) -> SimulatedRun:
    """A retry as `mapspan retry` starts it."""
    remainder = write_remainder(DEPLOYMENT, find_run(DEPLOYMENT, of), errors)
    return runs.retry(name, remainder.run_input, {**dict.fromkeys(KEYS, SUCCEEDED), **outcomes}, status=status)


def chain_of(name: str) -> Chain | None:
    run = find_run(DEPLOYMENT, name)
    owner = DEPLOYMENT.environment.target.account_id
    files = ResultFiles(DEPLOYMENT.s3(), run, bucket=DEPLOYMENT.runs_bucket, owner=owner)
    return read_chain(DEPLOYMENT, run, files.read())


def known(name: str) -> Chain:
    chain = chain_of(name)
    assert chain is not None
    assert chain.unknown is None
    return chain


def counted(outcomes: Mapping[str, str]) -> dict[str, int]:
    counts = Counter(outcome if outcome in OUTCOMES else "failed" for outcome in outcomes.values())
    return {"listed": len(outcomes), **{outcome: counts[outcome] for outcome in OUTCOMES}}


def ancestors(runs: RunHistory, run: SimulatedRun) -> set[str]:
    parent = runs.runs.get(run.run_input.get("retry_of", ""))
    return {parent.name} | ancestors(runs, parent) if parent else set()


def last_outcomes(runs: RunHistory) -> dict[str, str]:
    """By brute force: the last outcome of each key, and done wherever a run before it was redriven and has done it."""
    last: dict[str, tuple[str, str]] = {}
    for run in sorted(runs.runs.values(), key=lambda run: run.started):
        for key, outcome in run.outcomes.items():
            name, before = last.get(key, ("", ""))
            if not (before in (SUCCEEDED, SKIPPED) and name in ancestors(runs, run)):
                last[key] = run.name, outcome
    return {key: outcome for key, (_, outcome) in last.items()}


@given(st.data())
def test_the_sum_of_any_chain_is_that_of_its_keys_one_by_one(data: st.DataObject) -> None:
    """Runs that retry the first one or each other, whole or by error, one after another or side by side."""
    runs = history()
    runs.first("r0", data.draw(OUTCOMES_OF_KEYS), status=data.draw(STATUSES))
    _retry_any(runs, data)
    name = data.draw(st.sampled_from(sorted(runs.runs)))
    chain = chain_of(name)
    if len(runs.runs) == 1:
        assert chain is None
        return
    assert chain is not None
    assert chain.unknown is None
    # Nothing was redriven: the later of two outcomes is the last one.
    last = {key: end for run in runs.runs.values() for key, end in run.outcomes.items()}
    assert chain.ledger == counted(last) == counted(last_outcomes(runs))
    assert [run.name for run in chain.runs] == list(runs.runs)


@given(st.data())
def test_the_sum_of_a_chain_with_redrives_is_that_of_its_keys_one_by_one(data: st.DataObject) -> None:
    """A redrive tries the keys of batches that failed whole, and those never tried, once more."""
    runs = history()
    runs.first("r0", data.draw(OUTCOMES_OF_KEYS))
    _retry_any(runs, data, redrives=True)
    chain = chain_of(data.draw(st.sampled_from(sorted(runs.runs))))
    if chain is not None:
        assert chain.unknown is None
        assert chain.ledger == counted(last_outcomes(runs))


def _retry_any(runs: RunHistory, data: st.DataObject, *, redrives: bool = False) -> None:
    for number in range(1, data.draw(st.integers(1, 4)) + 1):
        of = runs.runs[data.draw(st.sampled_from(sorted(runs.runs)))]
        outcomes = data.draw(OUTCOMES_OF_KEYS)
        if redrives and of.status != "SUCCEEDED" and data.draw(st.booleans()):
            again = {key: outcomes[key] for key, end in of.outcomes.items() if end in ("Whole", PENDING)}
            runs.redrive(of.name, again)
            continue
        left = sorted(set(of.outcomes.values()) - {SUCCEEDED, SKIPPED})
        if left:
            errors = data.draw(st.lists(st.sampled_from(left), unique=True))
            named = [PENDING_ERROR if error == PENDING else error for error in errors]
            retry(runs, of.name, f"r{number}", outcomes, *named, status=data.draw(STATUSES))


FIRST = {"k0": "AloneA", "k1": "AloneA", "k2": "AloneB", "k3": "Whole", "k4": PENDING, "k5": SUCCEEDED, "k6": SKIPPED}


def test_a_chain_of_retries_is_added_up_from_its_ledgers() -> None:
    runs = history()
    runs.first("night", FIRST, status="SUCCEEDED")
    retry(runs, "night", "limited", {"k1": "AloneB"}, "AloneA", status="SUCCEEDED")
    retry(runs, "night", "others", {"k2": "AloneB", "k4": PENDING}, "AloneB", "Pending", status="SUCCEEDED")
    retry(runs, "limited", "again", {}, status="SUCCEEDED")
    for name in runs.runs:
        runs.s3.reads.clear()
        chain = known(name)
        assert chain.ledger == {"listed": 7, "succeeded": 3, "skipped": 1, "failed": 2, "pending": 1}
        assert chain.read_by_key == []
        assert list(runs.read_by_key(runs.runs)) == [name], "the others' ledgers are in their outputs"
        assert [run.name for run in chain.runs] == ["night", "limited", "others", "again"]


def test_the_ledger_of_a_run_that_its_verdict_failed_is_taken_from_its_history() -> None:
    """Such a run may have millions of results, and it is the run that people retry."""
    runs = history()
    runs.first("night", FIRST, error=TOO_MANY_FAILED_OBJECTS)
    retry(runs, "night", "limited", {}, "AloneA", status="SUCCEEDED")
    runs.s3.reads.clear()
    assert known("limited").ledger == {"listed": 7, "succeeded": 3, "skipped": 1, "failed": 2, "pending": 1}
    assert list(runs.read_by_key(runs.runs)) == ["limited"]


def test_two_retries_of_the_same_keys_are_counted_key_by_key_without_the_run_before_them() -> None:
    runs = history()
    runs.first("night", FIRST, status="SUCCEEDED")
    retry(runs, "night", "one", {"k1": "AloneB"}, "AloneA", "AloneB")
    retry(runs, "night", "two", {"k2": SKIPPED, "k3": "Whole"}, "AloneB", "Whole")
    runs.s3.reads.clear()
    chain = known("two")
    assert chain.ledger == {"listed": 7, "succeeded": 2, "skipped": 2, "failed": 2, "pending": 1}
    assert chain.read_by_key == ["one", "two"]
    assert list(runs.read_by_key(runs.runs)) == ["one", "two"]


def test_a_retry_of_all_keys_after_one_of_some_is_counted_without_the_run_before_them() -> None:
    runs = history()
    runs.first("night", FIRST, status="SUCCEEDED")
    retry(runs, "night", "some", {"k1": "AloneB"}, "AloneA")
    retry(runs, "night", "all", {"k2": SKIPPED, "k3": "Whole"})
    chain = known("all")
    assert chain.ledger == {"listed": 7, "succeeded": 4, "skipped": 2, "failed": 1, "pending": 0}
    assert chain.read_by_key == ["some", "all"]


def test_retries_that_say_they_took_more_keys_than_failed_are_counted_key_by_key() -> None:
    """A person may write a list where `mapspan retry` writes its own, and any errors beside it."""
    runs = history()
    runs.first("night", FIRST)
    runs.first("other", dict.fromkeys(("k0", "k1", "k2"), "AloneA"))
    remainder = write_remainder(DEPLOYMENT, find_run(DEPLOYMENT, "other"))
    for name in ("a", "b"):
        listed = runs.s3.below(DEPLOYMENT.runs_bucket, remainder.run_input["key_list"]["prefix"])
        prefix = f"key-lists/night/retry-{name}/"
        (runs.s3.objects[DEPLOYMENT.runs_bucket, f"{prefix}part-000-00000.jsonl"],) = listed.values()
        run_input = {"key_list": {"prefix": prefix}, "retry_of": "night", "retry_errors": [name]}
        runs.retry(name, run_input, dict.fromkeys(KEYS, SUCCEEDED))
    del runs.runs["other"]
    chain = known("night")
    assert chain.ledger == counted(last_outcomes(runs))
    assert chain.read_by_key == ["night", "a", "b"]


def test_a_run_whose_keys_are_gone_gives_no_sum_where_they_must_be_read() -> None:
    runs = history()
    runs.first("night", {**FIRST, "k7": PENDING})
    retry(runs, "night", "limited", {}, "Whole")
    runs.redrive("night", {"k3": SUCCEEDED}, status="SUCCEEDED")
    del runs.s3.objects[DEPLOYMENT.runs_bucket, "key-lists/night/listed/part-000-00000.jsonl"]
    chain = chain_of("limited")
    assert chain is not None
    assert (chain.ledger, chain.unknown) == (None, "the results of night name 7 of its 8 keys")


def test_a_run_that_was_redriven_after_its_retry_is_counted_key_by_key() -> None:
    runs = history()
    runs.first("night", FIRST)
    retry(runs, "night", "limited", {"k3": "Whole"}, "Whole")
    runs.redrive("night", {"k3": SUCCEEDED, "k4": SUCCEEDED}, status="SUCCEEDED")
    chain = known("night")
    assert chain.ledger == {"listed": 7, "succeeded": 3, "skipped": 1, "failed": 3, "pending": 0}
    assert chain.read_by_key == ["night", "limited"]
    assert "counted key by key over night, limited" in chain.notes[0]


def test_a_link_that_mapspan_did_not_write_is_not_added_up_but_counted() -> None:
    """A person may name any key list beside `retry_of`."""
    runs = history()
    runs.first("night", FIRST)
    runs.first("other", {"k0": "AloneA", "k5": "AloneB", "k7": SUCCEEDED})
    runs.retry(
        "by-hand",
        {"key_list": {"prefix": "key-lists/other/listed/"}, "retry_of": "night"},
        {"k0": SUCCEEDED, "k5": "AloneB", "k7": SUCCEEDED},
    )
    chain = known("night")
    assert chain.read_by_key == ["night", "by-hand"]
    assert chain.ledger == {"listed": 8, "succeeded": 3, "skipped": 1, "failed": 3, "pending": 1}


def test_a_run_without_retries_has_no_chain() -> None:
    runs = history()
    runs.first("before", FIRST)
    runs.first("night", FIRST)
    runs.first("after", FIRST)
    assert chain_of("night") is None
    assert [call for call in runs.calls if "before" in call] == [], "no retry of a run starts before it"


def test_a_retry_that_starts_the_whole_run_again_is_a_chain_of_its_own() -> None:
    runs = history()
    runs.first("night", FIRST)
    runs.first("again", FIRST)
    retry(runs, "again", "limited", {}, "AloneA")
    assert [run.name for run in known("again").runs] == ["again", "limited"]


def test_a_chain_whose_beginning_is_forgotten_has_no_sum() -> None:
    runs = history()
    runs.first("night", FIRST)
    retry(runs, "night", "limited", {"k0": "AloneB"}, "AloneA")
    retry(runs, "limited", "last", {})
    runs.forget("night")
    chain = chain_of("last")
    assert chain is not None
    assert ([run.name for run in chain.runs], chain.ledger) == (["limited", "last"], None)
    assert chain.unknown == "AWS no longer knows night, which limited retried: it keeps a run for 90 days"
    runs.first("night", FIRST)
    chain = chain_of("last")
    assert chain is not None
    assert chain.unknown == "AWS no longer knows night, which limited retried: a newer run has its name"


def test_a_chain_with_a_run_that_goes_on_has_no_sum_yet() -> None:
    runs = history()
    runs.first("night", FIRST)
    runs.running("limited", {"key_list": {"prefix": "key-lists/night/retry/"}, "retry_of": "night"})
    chain = chain_of("night")
    assert chain is not None
    assert (chain.ledger, chain.unknown) == (None, "limited is still running")
    assert [run.ledger is None for run in chain.runs] == [False, True]


def test_a_chain_with_a_ledger_that_does_not_add_up_has_no_sum() -> None:
    runs = history()
    runs.first("night", FIRST)
    retry(runs, "night", "limited", {}, "AloneA")
    prefix = runs.runs["limited"].run_input["key_list"]["prefix"]
    del runs.s3.objects[DEPLOYMENT.runs_bucket, f"{prefix}part-000-00000.jsonl"]
    chain = chain_of("night")
    assert chain is not None
    assert (chain.ledger, chain.unknown) == (None, "the key list of limited is gone")


def test_a_retry_that_read_no_key_changes_nothing() -> None:
    runs = history()
    runs.first("night", FIRST)
    missing = {"key_list": {"prefix": "key-lists/night/mistyped/"}, "retry_of": "night"}
    runs.retry("mistyped", missing, {})
    chain = known("night")
    assert chain.ledger == counted(FIRST)
    assert chain.read_by_key == []


@pytest.mark.parametrize(
    "run_input",
    [
        ["night"],
        {"retry_of": "night"},
        {"retry_of": ["night"], "key_list": {"prefix": "key-lists/night/retry/"}},
        {"retry_of": "night", "key_list": {"prefix": "key-lists/night/retry/"}, "max_keys": 1},
        {"retry_of": "night", "key_list": {"prefix": "key-lists/night/retry/"}, "retry_errors": "AloneA"},
    ],
)
def test_a_run_that_refused_its_input_is_no_link(run_input: Any) -> None:
    runs = history()
    runs.first("night", FIRST)
    runs.running("refused", {})
    runs.runs["refused"].run_input.update({} if isinstance(run_input, list) else run_input)
    assert chain_of("night") is None


def test_later_retries_are_looked_for_among_the_newest_runs_and_the_chain_says_how_far() -> None:
    runs = history()
    runs.first("night", FIRST)
    retry(runs, "night", "limited", {}, "AloneA")
    runs.first("later", FIRST)
    runs.page_size = 1
    chain = known("night")
    assert [run.name for run in chain.runs] == ["night"]
    assert chain.notes == ["later retries were looked for among the newest 100 runs only"]
    assert known("limited").ledger == {"listed": 7, "succeeded": 3, "skipped": 1, "failed": 2, "pending": 1}
    runs.page_size = 2
    assert len(known("night").runs) == 2


def test_a_caller_who_may_not_list_the_runs_still_gets_a_report() -> None:
    runs = history()
    runs.first("night", FIRST)
    runs.denied = "list_executions"
    chain = chain_of("night")
    assert chain is not None
    assert (chain.ledger, [run.name for run in chain.runs]) == (None, ["night"])
    assert str(chain.unknown).startswith("the newer runs can't be read: AWS denied access")


def test_an_error_that_no_key_has_leaves_the_chain_as_it_is() -> None:
    runs = history()
    runs.first("night", FIRST)
    with pytest.raises(CommandError, match="write one of AloneA 2, AloneB 1, Pending 1, Whole 1"):
        retry(runs, "night", "limited", {}, "Throttled")
    assert chain_of("night") is None
