"""Listings of large buckets."""

import heapq
from typing import Any

from ministack.services import s3  # type: ignore[import-untyped] # it has no types


def sort_only_the_page() -> None:
    """A page of a listing costs one look at each key. MiniStack sorts all keys of the bucket for each page.

    With a delimiter a page may need all keys, since many of them are one entry of it.
    """
    collect = s3._collect_list_entries

    def collect_page(objects: dict[str, Any], prefix: str, delimiter: str, limit: int, start_after: str) -> Any:
        if not delimiter:
            keys = (key for key in objects if key > start_after and key.startswith(prefix))
            # One more than the page: whether the listing is truncated.
            objects = dict.fromkeys(heapq.nsmallest(limit + 1, keys))
        return collect(objects, prefix, delimiter, limit, start_after)

    s3._collect_list_entries = collect_page
