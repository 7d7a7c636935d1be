"""The proofs for the schedule's role and the policies of the topic and its key."""

from typing import Any

import pytest

from mapspan.review.iam.simulator import Simulator
from mapspan.review.iam.unneeded_statements import unneeded_statements
from tests.iam.changed_accounts import with_fields
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
from tests.iam.proofs import matrix, surprises, table, unexpected_access

NEIGHBOURS = ["*", MACHINE_ARN, f"{MACHINE_ARN}-2", FUNCTIONS["list-objects"], RUNS_ARN, KEY_LIST, MACHINE, TOPIC_ARN]


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


def test_every_statement_is_needed_except_the_one_for_administrators(simulator: Simulator) -> None:
    owners = {SCHEDULE, TOPIC_ARN, KEY_ARN}
    locations = unneeded_statements(
        simulator, OPERATION_ACCOUNTS, calls=[*SCHEDULE_CALLS, *SERVICE_CALLS], refused=REFUSED_OPERATION_CALLS
    )
    assert [location.sid for location in locations if location.owner in owners] == ["AdministerKey"]


def test_the_sweep_over_every_action_finds_nothing_else(simulator: Simulator) -> None:
    assert unexpected_access(simulator, OPERATION_ACCOUNTS, SCHEDULE, SCHEDULE_CALLS, NEIGHBOURS) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"Action": "states:*"},
        {"Resource": f"{MACHINE_ARN}*"},
        {"Action": ["states:StartExecution", "iam:PassRole"], "Resource": "*"},
    ],
    ids=str,
)
def test_a_wider_role_is_found(simulator: Simulator, fields: dict[str, Any]) -> None:
    wider = with_fields(OPERATION_ACCOUNTS, SCHEDULE, "StartRuns", **fields)
    assert unexpected_access(simulator, wider, SCHEDULE, SCHEDULE_CALLS, NEIGHBOURS)


@pytest.mark.parametrize(
    ("owner", "sid"), [(SCHEDULE, "Trust"), (TOPIC_ARN, "PublishAlarms"), (KEY_ARN, "EncryptAlarms")]
)
def test_a_removed_condition_is_found(simulator: Simulator, owner: str, sid: str) -> None:
    unconditional = with_fields(OPERATION_ACCOUNTS, owner, sid, Condition={})
    assert [call for call in REFUSED_OPERATION_CALLS if simulator.allows(unconditional, call)]
