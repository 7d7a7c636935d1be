"""Which package versions of the job change is on the first screen."""

from __future__ import annotations

from typing import Any

import pytest

from environments.files import load
from mapspan.review.iam.simulator import Simulator
from mapspan.review.review import render_review, review_plan
from tests.fixtures.recorded_plans import recorded_plan


def review_of(before: Any, after: Any, simulator: Simulator) -> tuple[list[str], str]:
    """The points about packages in Markdown, and the whole review as JSON."""
    plan_json = recorded_plan("nothing")
    actions = ["create"] if before is None else ["delete"] if after is None else ["update"]
    plan_json["output_changes"]["job_packages"] = {"actions": actions, "before": before, "after": after}
    review = review_plan(load("local"), plan_json, simulator=simulator)
    lines = [line for line in render_review(review, "markdown").splitlines() if line]
    start = lines.index("📦 **Packages of the job change**") + 1
    return [line for line in lines[start:] if line.startswith("- ")], render_review(review, "json")


def test_each_package_that_differs_is_shown_with_both_versions(simulator: Simulator) -> None:
    before, after = "numpy 2.5.5, pillow 12.0.0, pyarrow 26.0.1", "orjson 3.13.0, pillow 13.0.0, pyarrow 26.0.1"
    points, as_json = review_of(before, after, simulator)
    assert points[:3] == [
        "- `numpy` `2.5.5` is removed",
        "- `orjson` `3.13.0` is new",
        "- `pillow` `12.0.0` → `13.0.0`",
    ]
    assert not any("pyarrow" in point for point in points)
    assert '"before": "12.0.0"' in as_json


def test_a_first_deploy_shows_every_package_as_new(simulator: Simulator) -> None:
    assert review_of(None, "pyarrow 26.0.1", simulator)[0] == ["- `pyarrow` `26.0.1` is new"]


@pytest.mark.parametrize("value", [{"pyarrow": "1"}, "pyarrow", "pyarrow 1 2", 7])
def test_an_output_that_is_no_list_of_packages_is_shown_whole(simulator: Simulator, value: Any) -> None:
    (point,) = review_of("pyarrow 26.0.1", value, simulator)[0][:1]
    assert point.startswith("- `job_packages` ")


def test_a_name_from_outside_stays_a_name(simulator: Simulator) -> None:
    hostile = "pyarrow`**|<script>\x1b[31m\u202e 1.0"
    (point, *_), _ = review_of(None, hostile, simulator)
    assert point == "- ``pyarrow`**|<script>␛[31m⟨U+202E⟩`` `1.0` is new"
