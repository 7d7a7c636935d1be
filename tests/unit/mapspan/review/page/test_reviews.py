"""The whole review of recorded plans, word for word; and what of it must be seen first.

`GOLDEN=write pytest tests/unit/mapspan/review` writes what is said now, to be read before it is committed.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from mapspan.review.page.chapters import chapters
from mapspan.review.page.markdown import cut, markdown
from tests.unit.mapspan.review.conftest import Reviewed

GOLDEN = Path(__file__).with_name("golden")
FIRST_SCREEN = 25  # lines
COST = re.compile(r"### What a million objects cost\n.*?(?=\n### |\n<details>)", re.DOTALL)


def written(reviewed: Reviewed, name: str) -> str:
    return markdown(chapters(reviewed(name)))


@pytest.mark.parametrize(
    "name", ["nothing", "widened", "replaced", "unconditional", "definition", "removed", "merge", "keys", "first"]
)
def test_the_review_word_for_word(reviewed: Reviewed, name: str) -> None:
    # Prices and rates are corrected now and then.
    found = COST.sub("", written(reviewed, name))
    golden = GOLDEN / f"{name}.md"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("widened", ["new principal `arn:aws:iam::333333333333:root`", "new action `s3:PutObject`", "new wildcard"]),
        ("unconditional", ["condition dropped: `s3:prefix` StringLike `2026/*`", "`mapspan-local-list-objects`"]),
        ("replaced", ["⛔", "`aws_s3_bucket.runs_bucket`: the bucket", "--allow-destroy aws_s3_bucket.runs_bucket"]),
        ("removed", ["⛔", "the logs in /aws/lambda/mapspan-local-list-objects, of 1 day"]),
        ("definition", ["`ProcessObjects` changed: `ItemBatcher`", "`NotifyOwner` added"]),
    ],
)
def test_what_matters_is_on_the_first_screen(reviewed: Reviewed, name: str, words: list[str]) -> None:
    first = "\n".join(written(reviewed, name).splitlines()[:FIRST_SCREEN])
    assert [each for each in words if each not in first] == []


def test_nothing_is_all_that_is_said_of_no_change(reviewed: Reviewed) -> None:
    assert written(reviewed, "nothing") == "## `local`: nothing changes\n"
    assert reviewed("nothing").as_json()["changes_nothing"] is True


def test_the_json_says_what_a_pipeline_asks_for(reviewed: Reviewed) -> None:
    told = json.loads(json.dumps(reviewed("replaced").as_json()))
    assert told["blocked"] is True
    assert [loss["address"] for loss in told["losses"] if loss["blocking"]] == ["aws_s3_bucket.runs_bucket"]
    told = json.loads(json.dumps(reviewed("widened").as_json()))
    assert told["blocked"] is False
    gained = [row for row in told["access"] if row["before"] != row["after"]]
    assert {
        "principal": "account 333333333333",
        "actions": ["s3:GetObject", "s3:PutObject"],
        "resource": "arn:aws:s3:::landing-zone/*",
        "conditions": {},
        "before": "no",
        "after": "yes",
    } in gained


def test_bigger_batches_in_standard_children_have_another_price(reviewed: Reviewed) -> None:
    cost = reviewed("definition").cost
    assert cost.before
    assert cost.after
    assert (cost.before.children, cost.after.children) == (10_000, 2_000)
    names = [{each.name for each in found.costs} for found in (cost.before, cost.after)]
    assert "Step Functions: EXPRESS duration" in names[0] - names[1]


def test_a_comment_that_is_too_long_is_cut_where_it_stays_readable(reviewed: Reviewed) -> None:
    whole = written(reviewed, "first")
    assert cut(whole, len(whole)) == whole
    short = cut(whole, 12_000)
    assert len(short) <= 12_000
    assert short.count("<details>") == short.count("</details>")
    assert len(re.findall(r"^```", short, re.MULTILINE)) % 2 == 0
    assert short.splitlines()[0] == whole.splitlines()[0]
