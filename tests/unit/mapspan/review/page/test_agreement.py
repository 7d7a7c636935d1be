"""The access table, the picture and the simulator say the same, on every recorded plan."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace

import pytest

from environments.files import load
from mapspan.review.changes.policies import read_policies
from mapspan.review.changes.resource_change import Moment
from mapspan.review.iam.accounts import Accounts, Role
from mapspan.review.iam.simulator import EVERYTHING, Call, Simulator, without_principal
from mapspan.review.page.picture import picture
from mapspan.review.page.principal_name import principal_name
from mapspan.review.page.wording import short_name
from mapspan.review.plan_review import PlanReview
from mapspan.review.review import review_plan
from mapspan.review.who_may.access_scopes import neighbour_account, with_neighbours
from mapspan.review.who_may.access_table import AccessRow
from mapspan.review.who_may.planned_accounts import planned_accounts
from tests.fixtures.recorded_plans import PLANS, recorded_plan
from tests.unit.mapspan.review.conftest import ReviewOf

NAMES = sorted(file.stem for file in PLANS.glob("*.json"))
SVG = "{http://www.w3.org/2000/svg}"
OUTSIDE = "results-elsewhere"
MARKS = {"+": "gain", "-": "loss"}
Line = tuple[str, str, str]
"""A line of the picture: the resource, the principal, and whether the access is gained, lost or stays."""


def accounts_at(review: PlanReview, moment: Moment) -> Accounts:
    environment = review.environment
    regions = {
        environment.source.account_id: environment.source_region,
        environment.target.account_id: environment.region,
    }
    planned = planned_accounts(review.plan, read_policies(review.plan), moment, environment)
    return with_neighbours(planned, regions).accounts


def decides(simulator: Simulator, accounts: Accounts, row: AccessRow, action: str) -> bool:
    """Whether IAM allows a row's call; the own policies of a principal outside the plan count as allowing all."""
    arn = row.principal.arn
    if not row.principal.in_plan and arn.startswith("arn:"):
        everything = Role(policies={"everything": without_principal(EVERYTHING)}, trust={"Statement": []})
        accounts = replace(accounts, roles={**accounts.roles, arn: everything})
    call = Call(arn, action, row.scope.resource, dict(row.scope.context))
    return (not row.principal.in_plan or arn in accounts.roles) and simulator.allows(accounts, call)


@pytest.mark.parametrize("name", NAMES)
def test_the_simulator_decides_each_call_as_the_table_says(
    simulator: Simulator, review_of: ReviewOf, name: str
) -> None:
    review = review_of(name)
    for moment in ("before", "after"):
        accounts = accounts_at(review, moment)
        wrong = [
            f"{moment}: {row.principal.name} {action} {row.scope.pattern} {dict(row.scope.context)}"
            for row in review.access.rows
            if (state := getattr(row, moment)) != "undecided"
            for action in row.actions
            if decides(simulator, accounts, row, action) != (state == "allowed")
        ]
        assert wrong == []


def drawn_lines(review: PlanReview) -> Counter[Line]:
    """The lines that the table's rows ask for: one for each row of access that somebody has, or may have."""
    lines: Counter[Line] = Counter()
    for row in review.access.rows:
        had, has = (state in ("allowed", "undecided") for state in (row.before, row.after))
        if had or has:
            resource = Accounts.bucket_of(row.scope.resource) or row.scope.resource
            kind = "key" if ":kms:" in resource else "bucket"
            name = f"every other {kind}" if neighbour_account(row.scope.resource) else f"{kind} {short_name(resource)}"
            who = principal_name(row.principal).removeprefix(f"{review.environment.prefix}-")
            lines[name, who, "same" if had and has else "gain" if has else "loss"] += 1
    return lines


def picture_lines(svg: ET.Element) -> Counter[Line]:
    lines: Counter[Line] = Counter()
    resource = who = ""
    for text in svg.iter(f"{SVG}text"):
        words, kind = text.text or "", text.get("class", "")
        title = text.find(f"{SVG}title")
        full = title.text or "" if title is not None else words
        if kind == "name" and full.startswith(("bucket ", "key ", "every other ")):
            resource = full
        elif kind == "who":
            who = full
        elif kind in ("same", "gain", "loss"):
            assert MARKS.get(full[0], "same") == kind
            lines[resource, who, kind] += 1
    return lines


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_draws_exactly_the_access_that_the_table_lists(review_of: ReviewOf, name: str) -> None:
    review = review_of(name)
    svg = ET.fromstring(picture(review))  # noqa: S314 - the SVG is our own
    assert picture_lines(svg) == drawn_lines(review)


def test_a_bucket_outside_the_stack_that_is_granted_is_in_the_table_and_the_picture(simulator: Simulator) -> None:
    plan_json = recorded_plan("nothing")
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{OUTSIDE}/out/*"}
    policy = {"name": "x", "role": "mapspan-local-process-objects", "policy": json.dumps({"Statement": [statement]})}
    entry = {
        "address": "aws_iam_role_policy.x",
        "mode": "managed",
        "type": "aws_iam_role_policy",
        "change": {"actions": ["create"], "before": None, "after": policy},
    }
    plan_json["resource_changes"].append(entry)
    review = review_plan(load("local"), plan_json, simulator=simulator)
    (row,) = review.access.changed_rows
    assert (row.scope.pattern, row.before, row.after) == (f"arn:aws:s3:::{OUTSIDE}/out/*", "denied", "undecided")

    svg = ET.fromstring(picture(review))  # noqa: S314 - the SVG is our own
    assert picture_lines(svg) == drawn_lines(review)
    frames = [rect for rect in svg.iter(f"{SVG}rect") if rect.get("class") == "frame"]
    (box,) = (text for text in svg.iter(f"{SVG}text") if text.text == f"bucket {OUTSIDE}")
    titles = [text.text for text in svg.iter(f"{SVG}text") if text.get("class") == "account"]
    assert titles == ["target 111111111111", "source 222222222222", "not in this plan"]
    assert float(box.get("x", 0)) > float(frames[-1].get("x", 0)) > float(frames[1].get("x", 0))
