"""The proofs for each way to be let in: what is needed is allowed, nothing else is, and no statement is superfluous."""

from dataclasses import replace

import pytest

from mapspan.review.iam.accounts import Accounts
from mapspan.review.iam.simulator import Simulator
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
from tests.iam.proofs import superfluous, unexpected

# Root's statement is the key owner's own: nothing of ours depends on it in the source account.
THEIR_OWN = {(DATA_KEY, "Administer")}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_what_is_needed_is_allowed_and_nothing_is_superfluous(simulator: Simulator, name: str) -> None:
    accounts, made, assumed, refused = COMBINATIONS[name]
    found = superfluous(simulator, accounts, made=[*made, *assumed], refused=refused)
    assert {(place.owner, place.sid) for place in found} - THEIR_OWN == set()


@pytest.mark.parametrize("role", [LIST, PROCESS, SUMMARIZE, MACHINE])
@pytest.mark.parametrize("context", [by_s3(arn) for arn in (OBJECT, RUNS_ARN)])
def test_the_sweep_over_the_keys_finds_nothing_else(simulator: Simulator, role: str, context: dict[str, str]) -> None:
    # By way of the bucket's own ARN: that S3 names the bucket or the object is one and the same call.
    made = [replace(call, context=context) for call in KEY_CALLS if _same_bucket(call.context, context)]
    if role == MACHINE:
        # A definition's permissions name the key and S3, not the objects: those are for the bucket to narrow.
        made = [replace(call, context=context) for call in KEY_CALLS if call.principal == MACHINE]
    assert unexpected(simulator, KEY_ACCOUNTS, role, made, [DATA_KEY, RUNS_KEY], contexts=[context]) == []


def _same_bucket(one: object, other: object) -> bool:
    return ("runs" in str(one)) == ("runs" in str(other))


def test_the_merging_role_may_change_one_policy_and_nothing_else(simulator: Simulator) -> None:
    resources = ["*", DATA_ARN, OBJECT, RUNS_ARN, "arn:aws:s3:::another-bucket", *MERGE_ACCOUNTS.roles]
    assert unexpected(simulator, MERGE_ACCOUNTS, MERGE, MERGE_CALLS, resources) == []


@pytest.mark.parametrize(
    ("sid", "changes"),
    [
        ("MapspanLocalDecryptSourceObjects", {"Condition": {}}),
        ("MapspanLocalDecryptSourceObjects", {"Action": "kms:*"}),
        ("MapspanLocalDecryptSourceObjects", {"Principal": {"AWS": [PROCESS, LIST]}}),
    ],
)
def test_a_wider_key_policy_is_found_although_the_role_still_blocks(
    simulator: Simulator, sid: str, changes: dict[str, object]
) -> None:
    place, statement = next((p, s) for p, s in KEY_ACCOUNTS.statements() if p.sid == sid)
    wider: Accounts = KEY_ACCOUNTS.with_statement(place, {**statement, **changes})
    found = [
        line
        for role in (PROCESS, LIST)
        for context in (by_s3(OBJECT), by_s3(f"{DATA_ARN}/2025/a.json"))
        for line in unexpected(simulator, wider, role, [*ROLE_CALLS, *KEY_CALLS], [DATA_KEY], contexts=[context])
    ]
    assert any(line.endswith("(the other side)") for line in found)


def test_what_a_key_leaves_to_iam_is_asked_for_all_that_iam_allows(simulator: Simulator) -> None:
    """A sweep asks only for what an Allow names, and an account that is named allows nobody by itself."""
    wide = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    place = next(
        place for place, found in KEY_ACCOUNTS.statements() if (place.owner, found.get("Sid")) == (PROCESS, "Trace")
    )
    wider = KEY_ACCOUNTS.with_statement(place, wide)
    for accounts in (KEY_ACCOUNTS, wider):
        swept = [
            simulator.sweep(accounts, PROCESS, [RUNS_KEY, DATA_KEY], services=("kms",), thorough=thorough)
            for thorough in (False, True)
        ]
        assert swept[0] == swept[1]
    assert ("kms:ScheduleKeyDeletion", RUNS_KEY) in swept[0]
    assert ("kms:ScheduleKeyDeletion", DATA_KEY) not in swept[0]
