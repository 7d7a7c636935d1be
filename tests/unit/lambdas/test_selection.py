"""Which objects a selection selects."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.selection import Selection, Selector, UnknownValue

STARTED_AT = "2026-03-02T00:00:00Z"
DAY = 86_400.0
STARTED = 1_772_409_600.0  # STARTED_AT in seconds since 1970

short_texts = st.text(alphabet="aAb.*?[]!/\n", max_size=4)
selections = st.fixed_dictionaries(
    {},
    optional={
        "suffixes": st.lists(short_texts, min_size=1, max_size=2),
        "include": st.lists(short_texts, min_size=1, max_size=2),
        "exclude": st.lists(short_texts, min_size=1, max_size=2),
        "min_bytes": st.integers(0, 3),
        "max_bytes": st.integers(0, 3),
        "storage_classes": st.lists(st.sampled_from(["STANDARD", "GLACIER"]), min_size=1, max_size=2),
    },
)


def fulfils(selection: Selection, key: str, size: int, storage_class: str) -> bool:
    """The conditions one by one, as the documentation says them."""
    return (
        any(key.endswith(suffix) for suffix in selection.get("suffixes", [""]))
        and any(fnmatchcase(key, pattern) for pattern in selection.get("include", ["*"]))
        and not any(fnmatchcase(key, pattern) for pattern in selection.get("exclude", []))
        and selection.get("min_bytes", 0) <= size <= selection.get("max_bytes", size)
        and storage_class in selection.get("storage_classes", [storage_class])
    )


@given(
    st.lists(selections, max_size=2),
    st.text(alphabet="aAb.*?[]!/\n", min_size=1, max_size=6),
    st.integers(0, 4),
    st.sampled_from(["STANDARD", "GLACIER"]),
)
def test_an_object_is_selected_if_it_fulfils_every_condition(
    chosen: list[Selection], key: str, size: int, storage_class: str
) -> None:
    selector = Selector(chosen, started_at=STARTED_AT)

    selected = selector.selects(key, size=size, modified=0.0, storage_class=storage_class)

    assert selected == all(fulfils(selection, key, size, storage_class) for selection in chosen)


@pytest.mark.parametrize(
    ("selection", "days_before_start", "selected"),
    [
        ({"modified_after": "30d"}, 30, True),
        ({"modified_after": "30d"}, 30.1, False),
        ({"modified_before": "36h"}, 1.5, False),
        ({"modified_before": "36h"}, 1.6, True),
        ({"modified_after": "2026-03-01T00:00:00Z"}, 1, True),
        ({"modified_after": "2026-03-01T00:00:00Z"}, 1.1, False),
        ({"modified_before": "2026-03-01T00:00:00Z"}, 1, False),
        ({"modified_before": "2026-03-01T00:00:00Z"}, 1.1, True),
    ],
)
def test_a_time_is_absolute_or_an_age_at_the_start_of_the_run(
    selection: Selection, days_before_start: float, selected: bool
) -> None:
    selector = Selector([selection], started_at=STARTED_AT)

    assert selector.selects("a", modified=STARTED - days_before_start * DAY) is selected


def test_the_narrowest_time_of_all_selections_decides() -> None:
    selector = Selector([{"modified_after": "30d"}, {"modified_after": "2026-03-01T00:00:00Z"}], started_at=STARTED_AT)

    assert not selector.selects("a", modified=STARTED - 2 * DAY)


def test_upper_and_lower_case_differ() -> None:
    assert not Selector([{"suffixes": [".jpg"]}], started_at=STARTED_AT).selects("a.JPG")
    assert not Selector([{"include": ["*.jpg"]}], started_at=STARTED_AT).selects("a.JPG")


@pytest.mark.parametrize(
    ("selection", "name"),
    [({"min_bytes": 1}, "size"), ({"modified_after": "1d"}, "time"), ({"storage_classes": ["STANDARD"]}, "class")],
)
def test_a_value_that_the_selection_needs_and_nothing_says_is_an_error(selection: Selection, name: str) -> None:
    with pytest.raises(UnknownValue, match=name):
        Selector([selection], started_at=STARTED_AT).selects("a")


def test_without_a_condition_a_selector_is_false_and_selects_everything() -> None:
    selector = Selector([{}, {}], started_at=STARTED_AT)

    assert not selector
    assert selector.selects("a")
