"""What a distributed Map does without items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.aws.definitions import contents_reader, file_reader, listing_reader, one_map
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    bench.put({"empty/items.jsonl": b"", "one-empty-part/part-0.jsonl": b""})
    maps = {
        "no items in the input": one_map(Items=[]),
        "an empty file": one_map(ItemReader=file_reader(bench.bucket, "empty/items.jsonl")),
        "a listing without objects": one_map(ItemReader=listing_reader(bench.bucket, "nothing/")),
        "contents of no objects": one_map(ItemReader=contents_reader(bench.bucket, "nothing/")),
        "contents of an empty object": one_map(ItemReader=contents_reader(bench.bucket, "one-empty-part/")),
    }
    return {case: bench.run(definition).facts for case, definition in maps.items()}


QUESTION = Question(
    name="empty_key_list",
    question="What does a distributed Map do with an empty key list?",
    assumption="It succeeds with no items. It can happen only if you pass an empty key list"
    " ([decision 30](decisions/0030-definitions-are-dicts.md)).",
    ask=ask,
)
