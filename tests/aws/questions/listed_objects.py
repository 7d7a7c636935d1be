"""What an item of a listing looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.aws.definitions import listing_reader, one_map
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    bench.put({"listed/b.txt": b"bb", "listed/a b+c.txt": b"a", "listed/folder/": b"", "listed/empty": b""})
    outcome = bench.run(one_map(ItemReader=listing_reader(bench.bucket, "listed/")))
    return {**outcome.facts, "inputs": bench.inputs(outcome)}


QUESTION = Question(
    name="listed_objects",
    question="What are the items of a listing: is the Etag in quotes, which form has LastModified, are folder markers"
    " items?",
    assumption="The Etag may or may not be in quotes, LastModified is a number of seconds, folder markers are items,"
    " and keys arrive as they are.",
    ask=ask,
)
