"""Environments that would get into each other's way: right one by one, wrong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from environments.environment import Environment


def collisions(environments: Sequence[Environment]) -> Iterator[tuple[str, str]]:
    """Each environment that can't stand beside another one: its name, and a sentence that begins with the field.

    Only those of one cloud can collide: what lives in a local cloud is alone there.
    """
    for one, other in combinations(sorted(environments, key=lambda each: each.name), 2):
        if one.local_cloud_url == other.local_cloud_url:
            yield from _nested_names(one, other)
            yield from _owned_twice(one, other)


def _nested_names(one: Environment, other: Environment) -> Iterator[tuple[str, str]]:
    """Roles are the account's, whatever the Region; and `mapspan-eu-*` matches `mapspan-eu-west-list-objects` too."""
    accounts = {one.target.account_id, one.source.account_id} & {other.target.account_id, other.source.account_id}
    if accounts and other.name.startswith(f"{one.name}-"):
        yield (
            other.name,
            f"name: begins as {one.name}.toml's does, and both are in account {min(accounts)}: what may deploy"
            f" {one.prefix}-* could change {other.prefix}, and its alarms could not be told apart: rename one of the"
            " two files",
        )


def _owned_twice(one: Environment, other: Environment) -> Iterator[tuple[str, str]]:
    """A policy that is replaced whole leaves no room for a second environment's statements."""
    shared = one.source.bucket == other.source.bucket
    if shared and "own" in (one.source.bucket_policy, other.source.bucket_policy):
        owner = one if one.source.bucket_policy == "own" else other
        yield (
            other.name,
            f"source.bucket: {other.source.bucket} is {one.name}.toml's too, and {owner.name}.toml owns its whole"
            ' policy: each deploy would lock the other out: set source.bucket_policy = "merge" in both',
        )
