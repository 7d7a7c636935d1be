"""The access table agrees with the IAM proofs, for each way to get access to the source bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mapspan.review.iam.accounts import Accounts, Bucket
from mapspan.review.iam.patterns import covers
from mapspan.review.iam.simulator import Call, Simulator
from mapspan.review.who_may.access_scopes import access_scopes, with_neighbours
from mapspan.review.who_may.access_table import AccessRow, compare_access
from mapspan.review.who_may.planned_accounts import PlannedAccounts
from tests.iam.changed_accounts import find_statement, with_fields
from tests.iam.combinations import COMBINATIONS
from tests.iam.operation_accounts import OPERATION_ACCOUNTS
from tests.iam.pipeline_accounts import (
    ACCOUNTS,
    DATA,
    LIST,
    PROCESS,
    REFUSED_CALLS,
    REGION,
    ROLE_CALLS,
    RUNS,
    RUNS_ARN,
    SOURCE,
    SUMMARIZE,
    TARGET,
)

WAYS = {"own": (OPERATION_ACCOUNTS, ROLE_CALLS, REFUSED_CALLS)} | {
    name: (accounts, calls, refused_calls) for name, (accounts, calls, _, refused_calls) in COMBINATIONS.items()
}
ONLY_LISTER = replace(ACCOUNTS, roles={LIST: ACCOUNTS.roles[LIST]})


def rows_of(simulator: Simulator, before: Accounts, after: Accounts | None = None) -> list[AccessRow]:
    regions = dict.fromkeys((TARGET, SOURCE), REGION)
    moments = [with_neighbours(PlannedAccounts(accounts=accounts), regions) for accounts in (before, after or before)]
    return compare_access(simulator, *moments)


def matches(row: AccessRow, call: Call) -> bool:
    conditions = dict(row.scope.conditions)
    return (
        row.principal.arn == call.principal
        and call.action in row.actions
        and covers(row.scope.pattern, call.resource)
        and all(key in call.context and covers(pattern, call.context[key]) for key, pattern in conditions.items())
    )


def data_calls(calls: Sequence[Call]) -> list[Call]:
    """The calls of roles on buckets and keys, over TLS as the table assumes."""
    return [
        call
        for call in calls
        if call.action.split(":")[0] in ("s3", "kms")
        and call.principal.startswith("arn:")
        and call.context.get("aws:SecureTransport") != "false"
    ]


@pytest.mark.parametrize("name", WAYS)
def test_the_table_allows_what_the_proofs_allow_and_nothing_else(simulator: Simulator, name: str) -> None:
    accounts, calls, refused_calls = WAYS[name]
    allowed = [row for row in rows_of(simulator, accounts) if row.after == "allowed"]
    assert [str(call) for call in data_calls(calls) if not any(matches(row, call) for row in allowed)] == []
    assert [str(call) for call in data_calls(refused_calls) if any(matches(row, call) for row in allowed)] == []
    of_roles = {
        (row.principal.arn, action, row.scope.pattern)
        for row in allowed
        if row.principal.arn in accounts.roles
        for action in row.actions
    }
    proved = {
        (call.principal, call.action, row.scope.pattern)
        for row in allowed
        for call in data_calls(calls)
        if matches(row, call)
    }
    assert of_roles - proved == set()


def test_a_wider_statement_is_in_the_table_even_if_the_other_side_still_blocks(simulator: Simulator) -> None:
    wider = ACCOUNTS
    for owner, sid, fields in (
        (DATA, "ListSourceBucket", {"Condition": {}}),
        (DATA, "ReadSourceObjects", {"Principal": "*"}),
        (LIST, "WriteKeyList", {"Resource": "*"}),
        (SUMMARIZE, "ReadResults", {"Resource": "arn:aws:s3:::*/other/*"}),
        (PROCESS, "ReadSourceObjects", {"Action": "s3:*"}),
    ):
        wider = with_fields(wider, owner, sid, **fields)
    gained = {
        (row.principal.name, action, row.scope.pattern, row.after)
        for row in rows_of(simulator, ACCOUNTS, wider)
        if row.gains
        for action in row.actions
    }
    data = f"arn:aws:s3:::{DATA}"
    assert gained >= {
        (LIST, "s3:ListBucket", data, "other_side_only"),
        ("anyone", "s3:GetObject", f"{data}/2026/*", "allowed"),
        (LIST, "s3:DeleteObject", f"{RUNS_ARN}/*", "allowed"),
        (LIST, "s3:PutObject", f"arn:aws:s3:::any-other-{TARGET}/*", "allowed"),
        (PROCESS, "s3:DeleteObject", f"{data}/2026/*", "own_policy_only"),
        (SUMMARIZE, "s3:GetObject", f"{RUNS_ARN}/other/*", "allowed"),
    }


def test_every_value_of_a_condition_has_a_scope_however_many_there_are() -> None:
    values = [f"2026/{number:03}/*" for number in range(100)]
    prefixes: dict[str, Any] = {"StringLike": {"s3:prefix": values}}
    for condition in (prefixes, {**prefixes, "StringEquals": {"aws:SourceVpce": values}}):
        accounts = with_fields(ACCOUNTS, DATA, "ListSourceBucket", Condition=condition)
        scopes = access_scopes([PlannedAccounts(accounts=accounts)])
        for key in {key for keys in condition.values() for key in keys}:
            assert {dict(scope.conditions).get(key) for scope in scopes} >= set(values)


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
def test_access_under_any_kind_of_condition_is_in_the_table(simulator: Simulator, condition: dict[str, Any]) -> None:
    location, statement = find_statement(ACCOUNTS, LIST, "WriteKeyList")
    wider = {**statement, "Action": "s3:PutObjectTagging", "Resource": f"{RUNS_ARN}/*", "Condition": condition}
    before, after = ONLY_LISTER, ONLY_LISTER.with_statement(location, wider)
    rows = compare_access(simulator, PlannedAccounts(accounts=before), PlannedAccounts(accounts=after))
    assert [row for row in rows if row.gains and "s3:PutObjectTagging" in row.actions]


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
def test_access_that_a_denial_exempts_is_in_the_table(simulator: Simulator, condition: dict[str, Any]) -> None:
    planned = PlannedAccounts(accounts=with_fields(ONLY_LISTER, RUNS, "DenyPlainHttp", Condition=condition))
    rows = compare_access(simulator, planned, planned)
    exempt = {
        action
        for row in rows
        if row.scope.resource.startswith(RUNS_ARN) and row.after == "allowed"
        for action in row.actions
    }
    assert exempt == {"s3:PutObject", "s3:DeleteObject", "s3:ListBucket"}


def test_access_is_undecided_if_the_plan_does_not_show_the_other_sides_policy(simulator: Simulator) -> None:
    accounts = replace(ACCOUNTS, buckets={**ACCOUNTS.buckets, DATA: Bucket(account_id=SOURCE)})
    before = PlannedAccounts(accounts=accounts)
    after = PlannedAccounts(accounts=accounts, partly_known=frozenset({DATA}))
    rows = compare_access(simulator, before, after)
    states = {(row.before, row.after) for row in rows if row.scope.pattern == f"arn:aws:s3:::{DATA}/2026/*"}
    assert states == {("own_policy_only", "undecided")}


def test_a_principal_of_another_account_is_listed_by_its_account(simulator: Simulator) -> None:
    principal = {"AWS": ["333333333333", f"arn:aws:iam::{SOURCE}:root"]}
    accounts = with_fields(ACCOUNTS, DATA, "ReadSourceObjects", Principal=principal)
    changed = [row for row in rows_of(simulator, ACCOUNTS, accounts) if row.changes]
    assert {(row.principal.name, row.before, row.after) for row in changed} == {
        ("account 333333333333", "denied", "allowed"),
        (PROCESS, "allowed", "own_policy_only"),
    }
