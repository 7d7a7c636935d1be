from typing import Any

import pytest
from ministack.services import s3  # type: ignore[import-untyped] # it has no types

from local_cloud.patches.listings import sort_only_the_page

KEYS: dict[str, Any] = {key: {} for key in ("b/2", "a/1", "b/1", "c", "b/3", "b/é", "b/10", "b")}


@pytest.fixture
def collect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """MiniStack's own function, and ours."""
    own = s3._collect_list_entries
    monkeypatch.setattr(s3, "_collect_list_entries", own)  # undone at the end
    sort_only_the_page()
    return own, s3._collect_list_entries


@pytest.mark.parametrize("prefix", ["", "b", "b/", "nothing"])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("limit", [0, 1, 3, 4, 1000])
@pytest.mark.parametrize("start_after", ["", "b/1", "b/10x", "z"])
def test_a_page_is_the_one_that_sorting_all_keys_gives(
    collect: Any, prefix: str, delimiter: str, limit: int, start_after: str
) -> None:
    own, ours = collect
    arguments = (KEYS, prefix, delimiter, limit, start_after)
    assert ours(*arguments) == own(*arguments)


def test_only_the_keys_of_the_page_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(s3, "_collect_list_entries", lambda objects, *_: seen.append(len(objects)))
    sort_only_the_page()
    s3._collect_list_entries(dict.fromkeys(map(str, range(100))), "", "", 10, "")
    assert seen == [11]
