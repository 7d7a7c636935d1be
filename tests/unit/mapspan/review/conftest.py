"""One simulator for every test here, and one review of each recorded plan."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest

from environments.files import load
from mapspan.review.iam.simulator import Simulator
from mapspan.review.plan_review import PlanReview
from mapspan.review.review import review_plan
from tests.fixtures.recorded_plans import recorded_plan
from tests.iam.running_simulator import running_simulator

ReviewOf = Callable[[str], PlanReview]


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def review_of(simulator: Simulator) -> ReviewOf:
    """The review of a recorded plan, by its name."""

    @functools.cache
    def review(name: str) -> PlanReview:
        return review_plan(load("local"), recorded_plan(name), simulator=simulator)

    return review
