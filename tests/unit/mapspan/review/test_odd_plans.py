"""Plans with a value of another kind in any place: they are reviewed, or refused in one sentence."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.review.iam.simulator import Simulator
from mapspan.review.page.picture import picture
from mapspan.review.review import Format, render_review, review_plan
from tests.fixtures.recorded_plans import recorded_plan

FORMATS: tuple[Format, ...] = ("markdown", "terminal", "json")
PLANS = [recorded_plan(name) for name in ("replaced", "definition", "keys", "merge")]
Path = tuple[str | int, ...]

odd_values: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "{}", "[]", "null", "{", [], ["x"], [None], [[]], {}, {"x": None}, {"x": {}}]
)


def paths(value: Any, path: Path = ()) -> list[Path]:
    """The place of every value in a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, child in children for inner in paths(child, (*path, key)))]


def with_value(plan: dict[str, Any], path: Path, value: object) -> Any:
    """A copy of the plan with one value replaced."""
    changed = copy.deepcopy({"plan": plan})
    place: Any = changed
    full_path = ("plan", *path)
    for key in full_path[:-1]:
        place = place[key]
    place[full_path[-1]] = value
    return changed["plan"]


@st.composite
def odd_plans(draw: st.DrawFn) -> Any:
    plan = draw(st.sampled_from(PLANS))
    changed_entries = [entry for entry in plan["resource_changes"] if entry["change"]["actions"] != ["no-op"]]
    plan = {**plan, "resource_changes": changed_entries}
    return with_value(plan, draw(st.sampled_from(paths(plan))), draw(odd_values))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plan_json=odd_plans())
def test_no_plan_ends_in_a_traceback(plan_json: Any, simulator: Simulator) -> None:
    try:
        review = review_plan(load("local"), plan_json, simulator=simulator)
    except CommandError:
        return
    for form in FORMATS:
        assert render_review(review, form)
    assert picture(review)
    assert json.loads(render_review(review, "json"))["environment"] == "local"
