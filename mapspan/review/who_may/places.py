"""The places that policies tell apart: buckets, parts of them, keys, and the conditions that calls come under."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mapspan.review.changes.widening import covers
from mapspan.review.iam.accounts import Accounts, Bucket, listed
from mapspan.review.who_may.condition_example import ELSEWHERE, condition_example, exception_example, pattern_example
from mapspan.review.who_may.world import World, delegated

# What every call here has anyway: the simulator fills it in.
_GIVEN = {"aws:SecureTransport", "aws:PrincipalArn", "aws:PrincipalAccount", "aws:ResourceAccount"}
# Operators that go without saying.
_PLAIN = re.compile(r"(Equals|Like|EqualsIgnoreCase|Bool|IpAddress)(IfExists)?$")
_S3 = "arn:aws:s3:::"
_MOST_CONTEXTS = 1_000  # of one statement; a bucket policy names a hundred prefixes


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


@dataclass(frozen=True)
class _Met:
    """A value of a context key, and what the policies say of it."""

    example: str
    said: str


def with_neighbours(world: World, regions: Mapping[str, str]) -> World:
    """The world with one more bucket and key in each account's Region, for all those that no policy means to name."""
    accounts = world.accounts
    buckets, keys = dict(accounts.buckets), dict(accounts.resource_policies)
    for account, region in regions.items():
        buckets[_neighbour(account)] = Bucket(account_id=account)
        keys[_neighbour_key(account, region)] = delegated(account)
    return World(accounts=Accounts(roles=accounts.roles, buckets=buckets, resource_policies=keys), untold=world.untold)


def places(worlds: Iterable[World]) -> list[Place]:
    """Every place that the policies of these worlds tell apart, an example of each."""
    there = list(worlds)
    statements = [statement for world in there for _, statement in world.accounts.statements()]
    patterns = {
        pattern
        for statement in statements
        for name in ("Resource", "NotResource")
        for pattern in listed(statement.get(name))
    }
    found: set[tuple[str, str]] = set()
    for bucket in {name for world in there for name in world.accounts.buckets}:
        arn = f"{_S3}{bucket}"
        found |= {(arn, arn), (f"{arn}/{ELSEWHERE}", f"{arn}/*")}
        for pattern in patterns:
            which, _, keys = pattern.removeprefix(_S3).partition("/")
            if keys and pattern.startswith(_S3) and covers(which, bucket):
                found.add((f"{arn}/{pattern_example(keys)}", f"{arn}/{keys}"))
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
    """No context, and one in which each condition that a statement makes is met; each with the values' patterns.

    Where denials make exceptions, each context comes with what excepts it from all of them, too.
    """
    allowed: list[dict[str, _Met]] = [{}]
    exceptions: list[list[dict[str, _Met]]] = []
    for statement in statements:
        situations = [each for each in _combinations(_options(statement)) if each]
        if statement.get("Effect") == "Deny":
            exceptions += [situations] if situations else []
        else:
            allowed += situations
    usual = {key: met for situations in exceptions for key, met in situations[0].items()}
    excepted = [{}, *({**usual, **each} for situations in exceptions for each in situations)]
    found: list[tuple[dict[str, str], dict[str, str]]] = []
    for situation in ({**exception, **each} for exception in excepted for each in allowed):
        context = {key: met.example for key, met in situation.items()}
        conditions = {key: met.said for key, met in situation.items()}
        if (context, conditions) not in found:
            found.append((context, conditions))
    return found


def _options(statement: Mapping[str, Any]) -> dict[str, list[_Met]]:
    """By context key, the values with which an allowance applies, or a denial doesn't."""
    options: dict[str, list[_Met]] = {}
    asked = exception_example if statement.get("Effect") == "Deny" else condition_example
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            for value in map(str, values if isinstance(values, list) else [values]):
                example = asked(operator, value)
                if key not in _GIVEN and example is not None:
                    plain = _PLAIN.search(operator) is not None
                    options.setdefault(key, []).append(_Met(example, value if plain else f"{operator} {value}"))
    return options


def _combinations(options: Mapping[str, Sequence[_Met]]) -> list[dict[str, _Met]]:
    """Every combination of values; where that is too many, every value at least once."""
    if math.prod(map(len, options.values())) <= _MOST_CONTEXTS:
        return [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    first = {key: values[0] for key, values in options.items()}
    return [{**first, key: value} for key, values in options.items() for value in values]


def _fits(context: Mapping[str, str], resource: str) -> bool:
    """Whether calls on a resource can come in a context."""
    is_key, is_object = ":kms:" in resource, "/" in resource and ":s3:" in resource
    for key in context:
        if key.startswith("kms:") and not is_key:
            return False
        if key.startswith("s3:") and (is_key or is_object):
            return False
    return True


def _neighbour(account: str) -> str:
    return f"{ELSEWHERE}-{account}"


def _neighbour_key(account: str, region: str) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{ELSEWHERE}"


def neighbour_of(resource: str) -> str | None:
    """The account whose every other bucket or key a resource stands for, if it does."""
    bucket = Accounts.bucket_of(resource)
    if bucket and bucket.startswith(f"{ELSEWHERE}-"):
        return bucket.removeprefix(f"{ELSEWHERE}-")
    return resource.split(":")[4] if resource.endswith(f":key/{ELSEWHERE}") else None
