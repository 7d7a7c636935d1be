"""Leaving out what no policy can allow changes no row of the access table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapspan.review.iam.accounts import Accounts, Bucket, Role
from mapspan.review.iam.patterns import PatternIndex, covers
from mapspan.review.iam.simulator import Simulator, UndecidableError
from mapspan.review.who_may import access_table
from mapspan.review.who_may.access_scopes import AccessScope, access_scopes
from mapspan.review.who_may.access_table import compare_access
from mapspan.review.who_may.planned_accounts import PlannedAccounts
from mapspan.review.who_may.relevant_scopes import RelevantScopes

OWN, OTHER = "111111111111", "222222222222"
KEY = f"arn:aws:kms:us-east-1:{OTHER}:key/1"
ROLES = [f"arn:aws:iam::{account}:role/{name}" for account, name in ((OWN, "reader"), (OTHER, "writer"))]


class AllScopes(RelevantScopes):
    """Every scope for every principal, with one group for each example of a call."""

    def groups(self, principal: str) -> Iterator[Sequence[AccessScope]]:
        groups: dict[object, list[AccessScope]] = {}
        for scope in (scope for scopes in self._scopes.values() for scope in scopes):
            groups.setdefault((principal, scope.resource, scope.context), []).append(scope)
        yield from groups.values()


resources = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::data",
        "arn:aws:s3:::data/*",
        "arn:aws:s3:::data/a?/*",
        "arn:aws:s3:::data/${aws:PrincipalTag/team}",
        "arn:aws:s3:::da*/ab/c",
        KEY,
    ]
)
actions = st.sampled_from(["s3:GetObject", "s3:ListBucket", "s3:Put*", "kms:Decrypt"])
callers = st.sampled_from(
    ["*", OWN, f"arn:aws:iam::{OTHER}:root", *ROLES, f"arn:aws:iam::{OWN}:role/r*", "333333333333"],
)
conditions = st.sampled_from(
    [
        {},
        {"StringLike": {"s3:prefix": ["a/*", "A?/*"]}},
        {"StringNotEquals": {"s3:prefix": "b/"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
        {"StringLike": {"s3:prefix": "${aws:PrincipalTag/team}/*"}},
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"Null": {"s3:prefix": "true"}},
        {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    ]
)


def statements(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
            "Action": st.lists(actions, min_size=1, max_size=2, unique=True),
            "Resource": st.lists(resources, min_size=1, max_size=2, unique=True),
            "Condition": conditions,
            **more,
        }
    )


def documents(statement: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(statement, max_size=2).map(lambda items: {"Version": "2012-10-17", "Statement": items})


identity_policies = documents(statements())
resource_policies = documents(statements(Principal=callers.map(lambda name: "*" if name == "*" else {"AWS": name})))
accounts = st.builds(
    lambda policies, bucket, key: Accounts(
        roles={
            role: Role(policies={"own": policy}, trust={"Statement": []})
            for role, policy in zip(ROLES, policies, strict=True)
        },
        buckets={"data": Bucket(account_id=OTHER, policy=bucket)},
        resource_policies={KEY: key},
    ),
    st.lists(identity_policies, min_size=len(ROLES), max_size=len(ROLES)),
    st.none() | resource_policies,
    resource_policies,
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(accounts=accounts)
def test_the_relevant_scopes_have_all_rows(
    accounts: Accounts, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = PlannedAccounts(accounts=accounts, partly_known=frozenset({"data"}))
    with monkeypatch.context() as patch:
        patch.setattr(access_table, "RelevantScopes", AllScopes)
        try:
            all_rows = compare_access(simulator, planned, planned)
        except UndecidableError:
            return
    assert compare_access(simulator, planned, planned) == all_rows


def test_a_role_is_not_asked_about_what_concerns_others_only() -> None:
    def role(number: int) -> Role:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::data/{number}/*"}
        return Role(policies={"own": {"Statement": [statement]}}, trust={"Statement": []})

    roles = {f"arn:aws:iam::{OWN}:role/{number}": role(number) for number in range(20)}
    scopes = [AccessScope(f"arn:aws:s3:::data/{number}/x", f"arn:aws:s3:::data/{number}/*") for number in range(20)]
    relevant = RelevantScopes(Accounts(roles=roles, buckets={"data": Bucket(account_id=OWN)}), scopes)
    assert list(relevant.groups(f"arn:aws:iam::{OWN}:role/7")) == [[scopes[7]]]


def test_contexts_that_no_statement_distinguishes_are_asked_about_once() -> None:
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::data"}
    own = {**statement, "Condition": {"StringLike": {"s3:prefix": "7/*"}}}
    role = Role(policies={"own": {"Statement": [own]}}, trust={"Statement": []})
    bucket = "arn:aws:s3:::data"
    scopes = [AccessScope(bucket, bucket, (("s3:prefix", f"{number}/x"),)) for number in range(20)]
    relevant = RelevantScopes(Accounts(roles={ROLES[0]: role}, buckets={"data": Bucket(account_id=OWN)}), scopes)
    assert sorted(map(len, relevant.groups(ROLES[0]))) == [1, 19]


def test_a_condition_on_one_bucket_adds_no_scopes_to_another() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
    tagged = {**statement, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}}
    role = Role(policies={"own": {"Statement": [tagged]}}, trust={"Statement": []})
    buckets = {name: Bucket(account_id=OWN) for name in ("data", "logs")}
    scopes = access_scopes([PlannedAccounts(accounts=Accounts(roles={ROLES[0]: role}, buckets=buckets))])
    assert {scope.resource for scope in scopes if scope.context} == {"arn:aws:s3:::data/any-other"}


def test_a_pattern_index_finds_what_comparing_each_pattern_finds() -> None:
    patterns = ["", "*", "a", "a*", "a?c", "ab*", "abc", "b*", "${*}", "a${?}"]
    index = PatternIndex(patterns)
    for value in ("", "a", "abc", "abd", "b", "*", "a?"):
        assert {*index.matching(value)} == {pattern for pattern in patterns if covers(pattern, value)}
