"""The places that policies tell apart: buckets, parts of them, keys, and the conditions that calls come under."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mapspan.review.accounts import Accounts, Bucket, listed
from mapspan.review.world import World, delegated

# What every call here has anyway: the simulator fills it in.
_GIVEN = {"aws:SecureTransport", "aws:PrincipalArn", "aws:PrincipalAccount", "aws:ResourceAccount"}
_POSITIVE = {"StringEquals", "StringLike", "ArnEquals", "ArnLike", "StringEqualsIgnoreCase", "Bool", "IpAddress"}
_MOST_CONTEXTS = 64
ELSEWHERE = "any-other"


@dataclass(frozen=True, order=True)
class Place:
    """A part of a bucket or key under certain conditions.

    Args:
        resource: the ARN of an example in it.
        pattern: what the policies call it, as an ARN.
        context: the example's context keys, and below the same names in `conditions` what the policies say of them.
    """

    resource: str
    pattern: str
    context: tuple[tuple[str, str], ...] = ()
    conditions: tuple[tuple[str, str], ...] = field(default=(), compare=False)


def with_neighbours(world: World, account_ids: Iterable[str]) -> World:
    """The world with one more bucket and key in each account, for all those that no policy means to name."""
    accounts = world.accounts
    buckets, keys = dict(accounts.buckets), dict(accounts.resource_policies)
    for account in account_ids:
        buckets[_neighbour(account)] = Bucket(account_id=account)
        keys[_neighbour_key(account)] = delegated(account)
    return World(accounts=Accounts(roles=accounts.roles, buckets=buckets, resource_policies=keys), untold=world.untold)


def places(worlds: Iterable[World]) -> list[Place]:
    """Every place that the policies of these worlds tell apart, an example of each."""
    there = list(worlds)
    statements = [statement for world in there for _, statement in world.accounts.statements()]
    patterns = {pattern for statement in statements for pattern in listed(statement.get("Resource"))}
    found: set[tuple[str, str]] = set()
    for bucket in {name for world in there for name in world.accounts.buckets}:
        arn = f"arn:aws:s3:::{bucket}"
        found |= {(arn, arn), (f"{arn}/{ELSEWHERE}", f"{arn}/*")}
        found |= {(_example(pattern), pattern) for pattern in patterns if pattern.startswith(f"{arn}/")}
    found |= {(arn, arn) for world in there for arn in world.accounts.resource_policies}
    contexts = _contexts(statements)
    return sorted(
        {
            Place(resource, pattern, tuple(sorted(context.items())), tuple(sorted(conditions.items())))
            for resource, pattern in found
            for context, conditions in contexts
            if _fits(context, resource)
        }
    )


def _contexts(statements: Iterable[Mapping[str, Any]]) -> list[tuple[dict[str, str], dict[str, str]]]:
    """No context, and one in which each condition that a statement makes is met; each with the values' patterns."""
    found: list[tuple[dict[str, str], dict[str, str]]] = [({}, {})]
    for statement in statements:
        options: dict[str, list[str]] = {}
        for operator, keys in statement.get("Condition", {}).items():
            if operator.removesuffix("IfExists").rpartition(":")[2] in _POSITIVE:
                for key, values in keys.items():
                    if key not in _GIVEN:
                        options[key] = [str(value) for value in (values if isinstance(values, list) else [values])]
        for values in itertools.islice(itertools.product(*options.values()), _MOST_CONTEXTS):
            conditions = dict(zip(options, values, strict=True))
            context = {key: _example(value) for key, value in conditions.items()}
            if context and (context, conditions) not in found:
                found.append((context, conditions))
    return found


def _fits(context: Mapping[str, str], resource: str) -> bool:
    """Whether calls on a resource can come in a context."""
    is_key, is_object = ":kms:" in resource, "/" in resource and ":s3:" in resource
    for key in context:
        if key.startswith("kms:") and not is_key:
            return False
        if key.startswith("s3:") and (is_key or is_object):
            return False
    return True


def _example(pattern: str) -> str:
    """A value that the pattern matches, and hardly another one does."""
    return pattern.replace("*", ELSEWHERE).replace("?", "x")


def _neighbour(account: str) -> str:
    return f"{ELSEWHERE}-{account}"


def _neighbour_key(account: str) -> str:
    return f"arn:aws:kms:us-east-1:{account}:key/{ELSEWHERE}"


def neighbour_of(resource: str) -> str | None:
    """The account whose every other bucket or key a resource stands for, if it does."""
    bucket = Accounts.bucket_of(resource)
    if bucket and bucket.startswith(f"{ELSEWHERE}-"):
        return bucket.removeprefix(f"{ELSEWHERE}-")
    return resource.split(":")[4] if resource.endswith(f":key/{ELSEWHERE}") else None
