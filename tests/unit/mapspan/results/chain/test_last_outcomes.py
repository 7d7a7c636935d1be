"""The last outcome of each key over several runs, with the keys on disk."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapspan.results.chain import last_outcomes as module
from mapspan.results.chain.last_outcomes import RunOutcomes, last_outcomes
from mapspan.results.ledger_text import OUTCOMES
from tests.fixtures.nasty_keys import NASTY_KEYS

KEYS = st.one_of(st.sampled_from(NASTY_KEYS), st.text(max_size=3))
RUNS = st.lists(st.lists(st.tuples(KEYS, st.sampled_from(OUTCOMES)), max_size=12), max_size=4)


@given(runs=RUNS)
def test_the_last_of_several_runs_counts_whatever_is_in_a_key(runs: list[list[tuple[str, str]]]) -> None:
    expected = Counter({key: outcome for run in runs for key, outcome in run}.values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "KEYS_IN_MEMORY", 2)
        counted = last_outcomes([RunOutcomes(outcomes=run) for run in runs], count=sum(map(len, runs)))
    assert counted == expected


def test_what_a_run_has_done_stays_done_in_its_own_retries_alone() -> None:
    first = RunOutcomes(outcomes=[("a", "succeeded"), ("b", "skipped"), ("c", "failed")])
    outcomes = [("a", "failed"), ("b", "pending"), ("c", "succeeded")]
    retry, other = RunOutcomes(outcomes=outcomes, ancestors={0}), RunOutcomes(outcomes=outcomes)
    assert last_outcomes([first, retry], count=6) == Counter(succeeded=2, skipped=1)
    assert last_outcomes([first, other], count=6) == Counter(failed=1, pending=1, succeeded=1)
