"""What the children of a run did is added up from their times."""

from __future__ import annotations

import json

import pytest

from lambdas.summarize_run.work import Work


def test_times_are_added_up_over_several_invocations() -> None:
    first = Work()
    first.add("2026-01-31T08:00:10.000Z", "2026-01-31T08:00:12.500Z")
    second = Work(json.loads(json.dumps(first.so_far())))
    second.add("2026-01-31T08:00:05.000Z", "2026-01-31T08:00:06.000Z")
    assert second.so_far() == {
        "children": 2,
        "seconds": 3.5,
        "started": "2026-01-31T08:00:05.000+00:00",
        "stopped": "2026-01-31T08:00:12.500+00:00",
    }


@pytest.mark.parametrize(
    "times", [(None, None), ("soon", "2026-01-31T08:00:06.000Z"), ("2026-01-31T08:00:05.000Z", None)]
)
def test_a_child_without_times_is_counted(times: tuple[str | None, str | None]) -> None:
    work = Work()
    work.add(*times)
    assert work.so_far() == {"children": 1, "seconds": 0.0, "started": None, "stopped": None}
