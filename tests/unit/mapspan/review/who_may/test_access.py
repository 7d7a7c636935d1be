"""The access table says what the IAM proofs say, of each way to be let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mapspan.review.changes.widening import covers
from mapspan.review.iam.accounts import Accounts, Bucket
from mapspan.review.iam.simulator import Call, Simulator
from mapspan.review.who_may.access import Access, compared
from mapspan.review.who_may.places import places, with_neighbours
from mapspan.review.who_may.world import World
from tests.iam.combinations import COMBINATIONS
from tests.iam.operation_accounts import OPERATED
from tests.iam.pipeline_accounts import (
    ACCOUNTS,
    DATA,
    LIST,
    MADE,
    PROCESS,
    REFUSED,
    REGION,
    RUNS,
    RUNS_ARN,
    SOURCE,
    SUMMARIZE,
    TARGET,
)
from tests.unit.iam.test_proofs import changed, statement

WAYS = {"own": (OPERATED, MADE, REFUSED)} | {
    name: (accounts, made, refused) for name, (accounts, made, _, refused) in COMBINATIONS.items()
}


def rows(simulator: Simulator, before: Accounts, after: Accounts | None = None) -> list[Access]:
    worlds = [
        with_neighbours(World(accounts=each), dict.fromkeys((TARGET, SOURCE), REGION))
        for each in (before, after or before)
    ]
    return compared(simulator, *worlds)


def matches(row: Access, call: Call) -> bool:
    conditions = dict(row.place.conditions)
    return (
        row.principal.arn == call.principal
        and call.action in row.actions
        and covers(row.place.pattern, call.resource)
        and all(key in call.context and covers(pattern, call.context[key]) for key, pattern in conditions.items())
    )


def of_data(calls: Sequence[Call]) -> list[Call]:
    """Calls on buckets and keys by roles, as they are made: over TLS."""
    return [
        call
        for call in calls
        if call.action.split(":")[0] in ("s3", "kms")
        and call.principal.startswith("arn:")
        and call.context.get("aws:SecureTransport") != "false"
    ]


@pytest.mark.parametrize("name", WAYS)
def test_the_table_says_what_the_proofs_say(simulator: Simulator, name: str) -> None:
    accounts, made, refused = WAYS[name]
    allowed = [row for row in rows(simulator, accounts) if row.after == "yes"]
    assert [str(call) for call in of_data(made) if not any(matches(row, call) for row in allowed)] == []
    assert [str(call) for call in of_data(refused) if any(matches(row, call) for row in allowed)] == []
    said = {(row.principal.arn, action, row.place.pattern) for row in allowed for action in row.actions}
    proved = {
        (call.principal, call.action, row.place.pattern)
        for row in allowed
        for call in of_data(made)
        if matches(row, call)
    }
    assert {each for each in said if each[0] in accounts.roles} - proved == set()


def test_what_gets_wider_is_in_the_table_on_one_side_alone_too(simulator: Simulator) -> None:
    wider = ACCOUNTS
    for owner, sid, changes in (
        (DATA, "ListSourceBucket", {"Condition": {}}),
        (DATA, "ReadSourceObjects", {"Principal": "*"}),
        (LIST, "WriteKeyList", {"Resource": "*"}),
        (SUMMARIZE, "ReadResults", {"Resource": "arn:aws:s3:::*/other/*"}),
        (PROCESS, "ReadSourceObjects", {"Action": "s3:*"}),
    ):
        place, found = statement(wider, owner, sid)
        wider = wider.with_statement(place, {**found, **changes})
    gained = {
        (row.principal.name, action, row.place.pattern, row.after)
        for row in rows(simulator, ACCOUNTS, wider)
        if row.gains
        for action in row.actions
    }
    data = f"arn:aws:s3:::{DATA}"
    assert gained >= {
        (LIST, "s3:ListBucket", data, "other"),
        ("anyone", "s3:GetObject", f"{data}/2026/*", "yes"),
        (LIST, "s3:DeleteObject", f"{RUNS_ARN}/*", "yes"),
        (LIST, "s3:PutObject", f"arn:aws:s3:::any-other-{TARGET}/*", "yes"),
        (PROCESS, "s3:DeleteObject", f"{data}/2026/*", "own"),
        (SUMMARIZE, "s3:GetObject", f"{RUNS_ARN}/other/*", "yes"),
    }


def test_every_value_of_a_condition_is_a_place_however_many_there_are() -> None:
    many = [f"2026/{number:03}/*" for number in range(100)]
    asked: dict[str, Any] = {"StringLike": {"s3:prefix": many}, "StringEquals": {"aws:SourceVpce": many}}
    for condition in ({"StringLike": asked["StringLike"]}, asked):
        place, found = statement(ACCOUNTS, DATA, "ListSourceBucket")
        there = World(accounts=ACCOUNTS.with_statement(place, {**found, "Condition": condition}))
        for key in {key for keys in condition.values() for key in keys}:
            assert {dict(each.conditions).get(key) for each in places([there])} >= set(many)


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"aws:SourceIp": ["10.1.0.0/16"]}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}},
        {
            "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
            "DateLessThan": {"aws:CurrentTime": "2026-02-01"},
        },
        {"Null": {"aws:SourceVpce": "false"}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:ViaAWSService": "true"}},
        {
            "StringEqualsIfExists": {"aws:SourceVpce": ["vpce-1", "vpce-2"]},
            "ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"},
        },
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}},
    ],
    ids="-".join,
)
def test_what_is_allowed_under_any_kind_of_condition_is_in_the_table(
    simulator: Simulator, condition: dict[str, Any]
) -> None:
    place, found = statement(ACCOUNTS, LIST, "WriteKeyList")
    wider = {**found, "Action": "s3:PutObjectTagging", "Resource": f"{RUNS_ARN}/*", "Condition": condition}
    alone = replace(ACCOUNTS, roles={LIST: ACCOUNTS.roles[LIST]})
    said = compared(simulator, World(accounts=alone), World(accounts=alone.with_statement(place, wider)))
    assert [row for row in said if row.gains and "s3:PutObjectTagging" in row.actions]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringNotEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}},
        {"NotIpAddress": {"aws:SourceIp": "10.1.0.0/16"}},
        {"Null": {"aws:SourceVpce": "true"}},
        {"StringLike": {"aws:SourceVpce": "vpce-*"}},
    ],
    ids="-".join,
)
def test_what_a_denial_excepts_is_in_the_table(simulator: Simulator, condition: dict[str, Any]) -> None:
    place, found = statement(ACCOUNTS, RUNS, "DenyPlainHttp")
    alone = replace(ACCOUNTS, roles={LIST: ACCOUNTS.roles[LIST]})
    denied = World(accounts=alone.with_statement(place, {**found, "Condition": condition}))
    said = [row for row in compared(simulator, denied, denied) if row.place.resource.startswith(RUNS_ARN)]
    excepted = {action for row in said for action in row.actions if row.after == "yes"}
    assert excepted == {"s3:PutObject", "s3:DeleteObject", "s3:ListBucket"}


def test_a_policy_that_the_plan_does_not_tell_is_never_guessed(simulator: Simulator) -> None:
    bare = replace(ACCOUNTS, buckets={**ACCOUNTS.buckets, DATA: Bucket(account_id=SOURCE)})
    found = compared(simulator, World(accounts=bare), World(accounts=bare, untold=frozenset({DATA})))
    states = {(row.before, row.after) for row in found if row.place.pattern == f"arn:aws:s3:::{DATA}/2026/*"}
    assert states == {("own", "untold")}


def test_others_who_are_named_are_told_by_account(simulator: Simulator) -> None:
    named = changed(DATA, "ReadSourceObjects", Principal={"AWS": ["333333333333", f"arn:aws:iam::{SOURCE}:root"]})
    found = [row for row in rows(simulator, ACCOUNTS, named) if row.changes]
    assert {(row.principal.name, row.before, row.after) for row in found} == {
        ("account 333333333333", "no", "yes"),
        (PROCESS, "yes", "own"),
    }
