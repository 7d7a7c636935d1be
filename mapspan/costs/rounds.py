"""The rounds of a long listing, as lambdas/list_objects and modules/pipeline/workflow/shards.py go through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from environments.environment import Environment
from modules.pipeline.workflow.shards import GROWTH

# What an invocation of the lister reserves: lambdas/list_objects/listing.py.
_RESERVED_SHARE, _RESERVED_AT_MOST_SECONDS = 0.2, 60.0


@dataclass(frozen=True)
class Round:
    """What happens at the same time: listing takes `listing_seconds`, while the `keys` of `shards` are processed.

    The first round only lists. If it lists everything, the second one processes it in a single Map Run.
    """

    listing_seconds: float
    keys: int
    shards: int


def is_dealt(steps: Sequence[Round]) -> bool:
    """Whether the listing goes on in rounds. If it doesn't, one step lists everything, and one processes it."""
    return len(steps) > 2


def rounds(environment: Environment, *, objects: int, selected_share: float, keys_per_second: float) -> Iterator[Round]:
    """The rounds in which `objects` are listed, and the selected ones of them processed.

    `keys_per_second`: how many objects one lister looks at.
    """
    settings, listers = environment.list_objects, environment.listers if environment.list_objects.threads > 1 else 1
    reserved = min(_RESERVED_AT_MOST_SECONDS, settings.timeout_seconds * _RESERVED_SHARE)
    invocation = keys_per_second * (settings.timeout_seconds - reserved)
    shard = settings.max_items_per_shard / max(selected_share, 1e-9)
    alone = min(invocation, shard, keys_per_second * settings.deal_after_seconds if listers > 1 else invocation)
    left, listed, shards = max(0.0, objects - alone), min(alone, objects), 1
    yield Round(listed / keys_per_second, 0, 0)
    while listed:
        each = min(GROWTH * listed / listers, invocation, shard)
        next_listed = min(left, each * listers)
        yield Round(next_listed / listers / keys_per_second, round(listed * selected_share), shards)
        left, listed, shards = left - next_listed, next_listed, listers
