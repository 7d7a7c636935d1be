"""The schedule's role, the topic's and the key's policy: who may do what, and that nobody may more."""

from typing import Any

import pytest

from mapspan.review.iam.accounts import Accounts
from mapspan.review.iam.simulator import Simulator
from tests.iam.operation_accounts import (
    KEY_ARN,
    OPERATION_ACCOUNTS,
    REFUSED_OPERATION_CALLS,
    SCHEDULE,
    SCHEDULE_CALLS,
    SERVICE_CALLS,
    TOPIC_ARN,
)
from tests.iam.pipeline_accounts import FUNCTIONS, KEY_LIST, MACHINE, MACHINE_ARN, RUNS_ARN
from tests.iam.proofs import matrix, superfluous, surprises, table, unexpected

NEIGHBOURS = ["*", MACHINE_ARN, f"{MACHINE_ARN}-2", FUNCTIONS["list-objects"], RUNS_ARN, KEY_LIST, MACHINE, TOPIC_ARN]


def changed(owner: str, sid: str, **changes: object) -> Accounts:
    place, found = next((p, s) for p, s in OPERATION_ACCOUNTS.statements() if (p.owner, p.sid) == (owner, sid))
    return OPERATION_ACCOUNTS.with_statement(place, {**found, **changes})


def test_only_the_schedule_starts_runs_and_only_alarms_publish(simulator: Simulator) -> None:
    cells = [
        cell
        for cell in matrix(simulator, OPERATION_ACCOUNTS, [*SCHEDULE_CALLS, *SERVICE_CALLS])
        if cell.call.principal != MACHINE or cell.call.resource != MACHINE_ARN  # which starts its children
    ]
    assert surprises(cells) == [], "\n" + table(cells)
    assert sum(cell.allowed for cell in cells) == len([*SCHEDULE_CALLS, *SERVICE_CALLS])


def test_another_source_or_service_is_refused(simulator: Simulator) -> None:
    assert [str(call) for call in REFUSED_OPERATION_CALLS if simulator.allows(OPERATION_ACCOUNTS, call)] == []


def test_no_statement_is_superfluous_but_the_one_for_administrators(simulator: Simulator) -> None:
    mine = {SCHEDULE, TOPIC_ARN, KEY_ARN}
    found = superfluous(
        simulator, OPERATION_ACCOUNTS, made=[*SCHEDULE_CALLS, *SERVICE_CALLS], refused=REFUSED_OPERATION_CALLS
    )
    assert [place.sid for place in found if place.owner in mine] == ["AdministerKey"]


def test_the_sweep_over_every_action_finds_nothing_else(simulator: Simulator) -> None:
    assert unexpected(simulator, OPERATION_ACCOUNTS, SCHEDULE, SCHEDULE_CALLS, NEIGHBOURS) == []


@pytest.mark.parametrize(
    "wider",
    [
        {"Action": "states:*"},
        {"Resource": f"{MACHINE_ARN}*"},
        {"Action": ["states:StartExecution", "iam:PassRole"], "Resource": "*"},
    ],
    ids=str,
)
def test_a_wider_role_is_found(simulator: Simulator, wider: dict[str, Any]) -> None:
    assert unexpected(simulator, changed(SCHEDULE, "StartRuns", **wider), SCHEDULE, SCHEDULE_CALLS, NEIGHBOURS)


@pytest.mark.parametrize(
    ("owner", "sid"), [(SCHEDULE, "Trust"), (TOPIC_ARN, "PublishAlarms"), (KEY_ARN, "EncryptAlarms")]
)
def test_a_condition_that_is_taken_away_is_missed(simulator: Simulator, owner: str, sid: str) -> None:
    unconditional = changed(owner, sid, Condition={})
    assert [call for call in REFUSED_OPERATION_CALLS if simulator.allows(unconditional, call)]
