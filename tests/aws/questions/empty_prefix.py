"""Whether a Map lists a whole bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.aws.definitions import listing_reader, one_map
from tests.aws.question import Facts, Question

if TYPE_CHECKING:
    from tests.aws.bench import Bench


def ask(bench: Bench) -> Facts:
    bench.put({"whole/1": b"x", "whole/2": b"x"})
    without = listing_reader(bench.bucket, "")
    without["Arguments"].pop("Prefix")
    return {
        'Prefix ""': bench.run(one_map(ItemReader=listing_reader(bench.bucket, ""))).facts,
        "no Prefix": bench.run(one_map(ItemReader=without)).facts,
    }


QUESTION = Question(
    name="empty_prefix",
    question="Does a Map that lists a bucket accept an empty prefix?",
    assumption='Yes: "" lists the whole bucket. mapspan relies on it for a replica of several prefixes or of a whole'
    " bucket ([decision 55](decisions/0055-replicas-are-read-without-any-grant.md)).",
    ask=ask,
)
