"""Collisions between environments: each file is valid alone, and two of them conflict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from environments.environment import Environment


def collisions(environments: Sequence[Environment]) -> Iterator[tuple[str, str]]:
    """Yield each environment that conflicts with another: its name, and a sentence that begins with the field.

    Only environments of the same cloud can collide: AWS, or one local cloud.
    """
    for first, second in combinations(sorted(environments, key=lambda environment: environment.name), 2):
        if first.local_cloud_url == second.local_cloud_url:
            yield from _nested_names(first, second)
            yield from _bucket_policy_owned_twice(first, second)


def _nested_names(first: Environment, second: Environment) -> Iterator[tuple[str, str]]:
    """Names overlap in an account, whatever the Region: `mapspan-eu-*` matches `mapspan-eu-west-list-objects` too."""
    accounts = _accounts(first) & _accounts(second)
    if accounts and second.name.startswith(f"{first.name}-"):
        yield (
            second.name,
            f"name: starts with the name of {first.name}.toml, and both use account {min(accounts)}: {first.prefix}-*"
            f" matches the resources and the alarms of both, so the deploy role of {first.name} could change"
            f" {second.prefix}: rename one of the two files",
        )


def _accounts(environment: Environment) -> set[str]:
    return {environment.target.account_id, environment.source.account_id}


def _bucket_policy_owned_twice(first: Environment, second: Environment) -> Iterator[tuple[str, str]]:
    """An environment that owns the whole bucket policy removes the statements of any other."""
    shared = first.source.bucket == second.source.bucket
    if shared and "own" in (first.source.bucket_policy, second.source.bucket_policy):
        owner = first if first.source.bucket_policy == "own" else second
        yield (
            second.name,
            f"source.bucket: {second.source.bucket} is also the source bucket of {first.name}.toml, and"
            f" {owner.name}.toml owns its whole bucket policy, so each deploy would remove the other's access:"
            ' write source.bucket_policy = "merge" in both files',
        )
