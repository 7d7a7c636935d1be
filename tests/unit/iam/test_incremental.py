"""The proofs for incremental runs: who needs the state of earlier runs may read and write it, and no one else."""

from __future__ import annotations

import pytest

from mapspan.review.iam.simulator import Simulator
from mapspan.review.iam.unneeded_statements import unneeded_statements
from tests.iam.incremental_accounts import INCREMENTAL_ACCOUNTS, INCREMENTAL_CALLS, LAST_SUCCESS, SEEN
from tests.iam.pipeline_accounts import KEY_LIST, LIST, MACHINE, PROCESS, REFUSED_CALLS, RUNS_ARN, SUMMARIZE
from tests.iam.proofs import matrix, surprises, unexpected_access


def test_who_reads_and_writes_the_state_may_and_no_other_role_may(simulator: Simulator) -> None:
    of_the_state = [call for call in INCREMENTAL_CALLS if call.resource in (LAST_SUCCESS, SEEN)]
    assert surprises(matrix(simulator, INCREMENTAL_ACCOUNTS, of_the_state)) == []


def test_every_statement_is_needed(simulator: Simulator) -> None:
    assert unneeded_statements(simulator, INCREMENTAL_ACCOUNTS, calls=INCREMENTAL_CALLS, refused=REFUSED_CALLS) == []


@pytest.mark.parametrize("role", [LIST, PROCESS, SUMMARIZE, MACHINE])
def test_no_role_may_do_anything_else_with_the_state(simulator: Simulator, role: str) -> None:
    resources = [RUNS_ARN, LAST_SUCCESS, SEEN, KEY_LIST, f"{RUNS_ARN}/code/job.zip"]
    contexts = [{"s3:prefix": prefix} for prefix in ("", "incremental/their-bucket/")]
    surplus = unexpected_access(simulator, INCREMENTAL_ACCOUNTS, role, INCREMENTAL_CALLS, resources, contexts=contexts)
    assert surplus == []
