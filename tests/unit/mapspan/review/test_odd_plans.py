"""Plans with a value of another kind in any place: they are reviewed, or refused in one sentence."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.review.iam.simulator import Simulator
from mapspan.review.options import Format
from mapspan.review.page.picture import picture
from mapspan.review.review import render_review, review_plan
from tests.fixtures.recorded_plans import recorded_plan

FORMATS: tuple[Format, ...] = ("markdown", "terminal", "json")
NAMES = ("replaced", "definition", "keys", "merge")
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


def changed_part(name: str) -> dict[str, Any]:
    """A recorded plan without what stays as it is."""
    plan = recorded_plan(name)
    entries = [entry for entry in plan["resource_changes"] if entry["change"]["actions"] != ["no-op"]]
    return {**plan, "resource_changes": entries}


PLANS = {name: changed_part(name) for name in NAMES}
PLACES = {name: paths(plan) for name, plan in PLANS.items()}


@st.composite
def odd_places(draw: st.DrawFn) -> tuple[str, Path, object]:
    """A recorded plan's name, a place in it, and the value to put there."""
    name = draw(st.sampled_from(sorted(PLANS)))
    return name, draw(st.sampled_from(PLACES[name])), draw(odd_values)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(odd_place=odd_places())
def test_no_plan_ends_in_a_traceback(odd_place: tuple[str, Path, object], simulator: Simulator) -> None:
    name, path, value = odd_place
    try:
        review = review_plan(load("local"), with_value(PLANS[name], path, value), simulator=simulator)
    except CommandError:
        return
    for form in FORMATS:
        assert render_review(review, form)
    assert picture(review)
