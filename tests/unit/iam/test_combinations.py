"""The proofs for shared policies and customer managed keys: what is needed is allowed, and nothing else."""

from dataclasses import replace

import pytest

from mapspan.review.iam.simulator import Simulator
from mapspan.review.iam.unneeded_statements import unneeded_statements
from tests.iam.changed_accounts import with_fields
from tests.iam.combinations import (
    COMBINATIONS,
    DATA_KEY,
    KEY_ACCOUNTS,
    KEY_CALLS,
    MERGE,
    MERGE_ACCOUNTS,
    MERGE_CALLS,
    RUNS_KEY,
    by_s3,
)
from tests.iam.pipeline_accounts import DATA_ARN, LIST, MACHINE, OBJECT, PROCESS, ROLE_CALLS, RUNS_ARN, SUMMARIZE
from tests.iam.proofs import unexpected_access

# The key owner's own statement: in the source account, nothing of ours depends on it.
OWNERS_STATEMENTS = {(DATA_KEY, "Administer")}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_what_is_needed_is_allowed_and_every_statement_is_needed(simulator: Simulator, name: str) -> None:
    accounts, calls, assume_calls, refused = COMBINATIONS[name]
    locations = unneeded_statements(simulator, accounts, calls=[*calls, *assume_calls], refused=refused)
    assert {(location.owner, location.sid) for location in locations} - OWNERS_STATEMENTS == set()


@pytest.mark.parametrize("role", [LIST, PROCESS, SUMMARIZE, MACHINE])
@pytest.mark.parametrize("context", [by_s3(arn) for arn in (OBJECT, RUNS_ARN)])
def test_the_sweep_over_the_keys_finds_nothing_else(simulator: Simulator, role: str, context: dict[str, str]) -> None:
    # S3 names the bucket's own ARN or the object's: both are the same call.
    calls = [replace(call, context=context) for call in KEY_CALLS if _same_bucket(call.context, context)]
    if role == MACHINE:
        # A definition's permissions name the key and S3; the bucket's policy narrows them to objects.
        calls = [replace(call, context=context) for call in KEY_CALLS if call.principal == MACHINE]
    assert unexpected_access(simulator, KEY_ACCOUNTS, role, calls, [DATA_KEY, RUNS_KEY], contexts=[context]) == []


def _same_bucket(one: object, other: object) -> bool:
    return ("runs" in str(one)) == ("runs" in str(other))


def test_the_merging_role_may_change_one_policy_and_nothing_else(simulator: Simulator) -> None:
    resources = ["*", DATA_ARN, OBJECT, RUNS_ARN, "arn:aws:s3:::another-bucket", *MERGE_ACCOUNTS.roles]
    assert unexpected_access(simulator, MERGE_ACCOUNTS, MERGE, MERGE_CALLS, resources) == []


@pytest.mark.parametrize(
    ("sid", "fields"),
    [
        ("mapspanXlocalX111111111111DecryptSourceObjects", {"Condition": {}}),
        ("mapspanXlocalX111111111111DecryptSourceObjects", {"Action": "kms:*"}),
        ("mapspanXlocalX111111111111DecryptSourceObjects", {"Principal": {"AWS": [PROCESS, LIST]}}),
    ],
)
def test_a_wider_key_policy_is_found_even_if_the_role_still_blocks(
    simulator: Simulator, sid: str, fields: dict[str, object]
) -> None:
    wider = with_fields(KEY_ACCOUNTS, DATA_KEY, sid, **fields)
    surplus = [
        line
        for role in (PROCESS, LIST)
        for context in (by_s3(OBJECT), by_s3(f"{DATA_ARN}/2025/a.json"))
        for line in unexpected_access(simulator, wider, role, [*ROLE_CALLS, *KEY_CALLS], [DATA_KEY], contexts=[context])
    ]
    assert any(line.endswith("(the other side)") for line in surplus)


def test_a_sweep_finds_everything_that_iam_allows_on_a_key_that_leaves_the_decision_to_it(simulator: Simulator) -> None:
    """A sweep asks only about what an Allow names, and a statement that names an account allows nobody by itself."""
    wider = with_fields(KEY_ACCOUNTS, PROCESS, "Trace", Action="kms:*", Resource="*")
    for accounts in (KEY_ACCOUNTS, wider):
        swept = [
            simulator.sweep(accounts, PROCESS, [RUNS_KEY, DATA_KEY], services=("kms",), thorough=thorough)
            for thorough in (False, True)
        ]
        assert swept[0] == swept[1]
    assert ("kms:ScheduleKeyDeletion", RUNS_KEY) in swept[0]
    assert ("kms:ScheduleKeyDeletion", DATA_KEY) not in swept[0]
