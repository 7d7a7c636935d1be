"""The whole review of recorded plans, word for word, and what a reviewer must see first.

`GOLDEN=write pytest tests/unit/mapspan/review` writes the reviews as they are now; read them before you commit them.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from environments.files import load
from mapspan.review.iam.simulator import Simulator
from mapspan.review.page.chapters import chapters
from mapspan.review.page.markdown import cut, markdown
from mapspan.review.review import render_review, review_plan
from tests.fixtures.recorded_plans import recorded_plan
from tests.unit.mapspan.review.conftest import ReviewOf

GOLDEN = Path(__file__).with_name("golden")
FIRST_SCREEN = 25  # lines
COST = re.compile(r"### What a million objects cost\n.*?(?=\n### |\n<details>)", re.DOTALL)


def whole_review(review_of: ReviewOf, name: str) -> str:
    return markdown(chapters(review_of(name)))


@pytest.mark.parametrize(
    "name", ["nothing", "widened", "replaced", "unconditional", "definition", "removed", "merge", "keys", "first"]
)
def test_the_review_is_word_for_word_as_recorded(review_of: ReviewOf, name: str) -> None:
    # Without the cost: prices and rates are corrected now and then.
    text = COST.sub("", whole_review(review_of, name))
    golden = GOLDEN / f"{name}.md"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "phrases"),
    [
        ("widened", ["new principal `arn:aws:iam::333333333333:root`", "new action `s3:PutObject`", "new wildcard"]),
        ("unconditional", ["condition removed: `s3:prefix` StringLike `2026/*`", "`mapspan-local-list-objects`"]),
        ("replaced", ["⛔", "`aws_s3_bucket.runs_bucket`: the bucket", "--allow-destroy aws_s3_bucket.runs_bucket"]),
        ("removed", ["⛔", "the logs of the last day in /aws/lambda/mapspan-local-list-objects"]),
        ("definition", ["`ProcessObjects` changed: `ItemBatcher`", "`NotifyOwner` added"]),
    ],
)
def test_what_matters_most_is_on_the_first_screen(review_of: ReviewOf, name: str, phrases: list[str]) -> None:
    first_screen = "\n".join(whole_review(review_of, name).splitlines()[:FIRST_SCREEN])
    assert [phrase for phrase in phrases if phrase not in first_screen] == []


def test_the_review_of_a_plan_that_changes_nothing_is_one_line(review_of: ReviewOf) -> None:
    assert whole_review(review_of, "nothing") == "## `local`: nothing changes\n"
    assert review_of("nothing").as_json()["changes_nothing"] is True


def test_the_json_has_what_a_pipeline_needs(review_of: ReviewOf) -> None:
    report = json.loads(render_review(review_of("replaced"), "json"))
    assert report["blocked"] is True
    assert [loss["address"] for loss in report["losses"] if loss["blocking"]] == ["aws_s3_bucket.runs_bucket"]
    report = json.loads(render_review(review_of("widened"), "json"))
    assert report["blocked"] is False
    assert report["access_undecided"] is None
    changed = [row for row in report["access"] if row["before"] != row["after"]]
    assert {
        "principal": "account 333333333333",
        "actions": ["s3:GetObject", "s3:PutObject"],
        "resource": "arn:aws:s3:::landing-zone/*",
        "conditions": {},
        "before": "denied",
        "after": "allowed",
    } in changed


def test_bigger_batches_in_standard_children_have_another_price(review_of: ReviewOf) -> None:
    cost = review_of("definition").cost
    assert cost.before
    assert cost.after
    assert (cost.before.children, cost.after.children) == (10_000, 2_000)
    names_before, names_after = ({line.name for line in side.costs} for side in (cost.before, cost.after))
    assert "Step Functions: EXPRESS duration" in names_before - names_after


def test_a_comment_that_is_too_long_is_cut_where_it_stays_readable(review_of: ReviewOf) -> None:
    text = whole_review(review_of, "first")
    assert cut(text, len(text)) == text
    short = cut(text, 12_000)
    assert len(short) <= 12_000
    assert short.count("<details>") == short.count("</details>")
    assert len(re.findall(r"^```", short, re.MULTILINE)) % 2 == 0
    assert short.splitlines()[0] == text.splitlines()[0]


def test_a_long_value_is_shown_where_it_differs(simulator: Simulator) -> None:
    plan = recorded_plan("nothing")
    change = next(entry["change"] for entry in plan["resource_changes"] if entry["type"] == "aws_lambda_function")
    change["actions"] = ["update"]
    change["before"] = {**change["before"], "description": "a" * 200 + " reads"}
    change["after"] = {**change["before"], "description": "a" * 200 + " writes"}
    text = markdown(chapters(review_plan(load("local"), plan, simulator=simulator)))
    assert f"- description = …{'a' * 39} reads (206 characters)\n" in text
    assert f"+ description = …{'a' * 39} writes (207 characters)\n" in text
