"""Policies as IAM reads them: types that JSON has and IAM doesn't, single statements, and what is no policy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from environments.files import load
from mapspan.review.changes.placeholder import UNKNOWN, Unreadable
from mapspan.review.changes.policy_document import read_document
from mapspan.review.iam.simulator import Simulator
from mapspan.review.options import Format
from mapspan.review.plan_review import PlanReview
from mapspan.review.review import render_review, review_plan

FORMATS: tuple[Format, ...] = ("markdown", "terminal", "json")
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}


def statement(**fields: Any) -> dict[str, Any]:
    """The first statement of a policy, as it is read."""
    document = read_document(json.dumps({"Version": "2012-10-17", "Statement": {**READ, **fields}}))
    assert isinstance(document, dict)
    return dict(document["Statement"][0])


def plan_of(before: str | None, after: str | None) -> dict[str, Any]:
    """A plan that changes one bucket's policy."""
    values = [None if policy is None else {"bucket": "landing-zone", "policy": policy} for policy in (before, after)]
    change = {"actions": ["update"], "before": values[0], "after": values[1]}
    entry = {"address": "aws_s3_bucket_policy.data", "type": "aws_s3_bucket_policy", "change": change}
    return {"format_version": "1.2", "planned_values": {}, "resource_changes": [entry]}


def review_of_policy(after: str, simulator: Simulator) -> PlanReview:
    """The review of a plan that gives a bucket a policy, which was rendered in every format."""
    review = review_plan(load("local"), plan_of('{"Statement": []}', after), simulator=simulator)
    for form in FORMATS:
        render_review(review, form)
    return review


@pytest.mark.parametrize(
    ("value", "read"),
    [(False, "false"), (True, "true"), (100, "100"), (1.50, "1.5"), ([1, True, "a"], ["1", "true", "a"]), (None, [])],
)
def test_an_unquoted_value_of_a_condition_is_read_as_its_text(value: object, read: object) -> None:
    condition = {"Bool": {"aws:SecureTransport": value}}
    assert statement(Condition=condition)["Condition"] == {"Bool": {"aws:SecureTransport": read}}


def test_a_number_is_read_as_it_is_written() -> None:
    text = json.dumps({"Statement": {**READ, "Condition": {"NumericEquals": {"s3:max-keys": 0}}}})
    document = read_document(text.replace(": 0}", ": 1.50}"))
    assert isinstance(document, dict)
    assert document["Statement"][0]["Condition"] == {"NumericEquals": {"s3:max-keys": "1.50"}}


def test_a_single_statement_is_a_list_of_one() -> None:
    assert read_document(json.dumps({"Statement": READ})) == {"Statement": [READ]}


def test_the_names_of_elements_have_no_case() -> None:
    document = read_document(json.dumps({"statement": {name.lower(): value for name, value in READ.items()}}))
    assert document == {"Statement": [READ]}


@pytest.mark.parametrize("text", [None, "", "null"])
def test_no_text_is_no_policy(text: str | None) -> None:
    assert read_document(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not an object"),
        ('{"Statement": "all"}', "a statement is"),
        ('{"Statement": {"Effect": "Perhaps", "Action": "*"}}', "Effect of a statement is 'Perhaps'"),
        ('{"Statement": {"Effect": "Allow"}}', "neither Action nor NotAction"),
        ('{"Statement": {"Effect": "Allow", "Action": [["*"]]}}', "Action holds"),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Condition": []}}', "Condition is"),
    ],
)
def test_what_iam_refuses_is_a_placeholder_with_the_reason(text: str, reason: str) -> None:
    document = read_document(text)
    assert isinstance(document, Unreadable)
    assert reason in str(document)


def test_a_placeholder_stays_one() -> None:
    assert read_document(UNKNOWN) is UNKNOWN


def test_an_unreadable_policy_is_named_in_the_review(simulator: Simulator) -> None:
    text = render_review(review_of_policy("{", simulator), "markdown")
    assert "`aws_s3_bucket_policy.data` bucket policy: (can't be read: not a policy that IAM accepts: it is not" in text


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
arns = st.sampled_from(
    ["*", "arn:aws:s3:::landing-zone/*", "arn:aws:s3:::landing-zone/${aws:PrincipalTag/team}/*", "a", "", "${x"]
)
names = st.sampled_from(["111111111111", "arn:aws:iam::333333333333:root", "*", "AROAEXAMPLE", "s3.amazonaws.com"])
actions = st.sampled_from(["s3:GetObject", "S3:getobject", "s3:*", "*", "s3:Put?bject", "kms:Decrypt", "s3:Typo", ""])
operators = st.sampled_from(["Bool", "StringLike", "IpAddress", "NumericLessThan", "DateLessThan", "Null", "Typo"])
keys = st.sampled_from(["aws:SecureTransport", "aws:SourceIp", "s3:prefix", "aws:PrincipalOrgID", "s3:max-keys"])


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.lists(values, max_size=2))


principals = st.one_of(st.just("*"), st.dictionaries(st.sampled_from(["AWS", "Service"]), one_or_more(names)))
conditions = st.dictionaries(operators, st.dictionaries(keys, one_or_more(scalars), max_size=2), max_size=2)
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional={
        "Sid": scalars,
        "Action": one_or_more(actions),
        "NotAction": one_or_more(actions),
        "Resource": one_or_more(arns),
        "NotResource": one_or_more(arns),
        "Principal": principals,
        "NotPrincipal": principals,
        "Condition": st.none() | conditions,
    },
)
policies = st.one_of(scalars, st.fixed_dictionaries({"Statement": st.none() | one_or_more(statements)}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policy=policies)
def test_no_policy_ends_a_review(policy: Any, simulator: Simulator) -> None:
    review_of_policy(json.dumps(policy), simulator)
