"""The scopes that policies distinguish: buckets, parts of them, keys, and the conditions of calls."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mapspan.review.changes.policy import Statement
from mapspan.review.iam.accounts import Accounts, Bucket, StatementLocation, as_list
from mapspan.review.iam.patterns import PatternIndex, covers
from mapspan.review.who_may.condition_example import (
    ELSEWHERE,
    condition_examples,
    exception_examples,
    pattern_example,
    variables,
)
from mapspan.review.who_may.planned_accounts import PlannedAccounts, default_key_policy

# Context keys that the simulator fills in for every call.
_USUAL_KEYS = {"aws:SecureTransport", "aws:PrincipalArn", "aws:PrincipalAccount", "aws:ResourceAccount"}
# Operators that a reader assumes, so that the value alone describes the condition.
_ASSUMED_OPERATOR = re.compile(r"(Equals|Like|EqualsIgnoreCase|Bool|IpAddress)(IfExists)?$")
# Of a call that lists a bucket.
_LIST_KEYS = ("s3:prefix", "s3:delimiter", "s3:max-keys")
_S3 = "arn:aws:s3:::"
_MOST_CONTEXTS = 1_000  # of one statement; a bucket policy names a hundred prefixes


@dataclass(frozen=True, order=True)
class AccessScope:
    """A part of a bucket, or a key, under certain conditions.

    Args:
        resource: the ARN of an example in it.
        pattern: how the policies name it, as an ARN.
        context: the example's context keys and values.
        conditions: what the policies say of the same context keys.
    """

    resource: str
    pattern: str
    context: tuple[tuple[str, str], ...] = ()
    conditions: tuple[tuple[str, str], ...] = field(default=(), compare=False)


class WiderScopes:
    """For each of some scopes, the others that it is a part of."""

    def __init__(self, scopes: Iterable[AccessScope]) -> None:
        self._scopes: dict[tuple[str, frozenset[tuple[str, str]]], list[AccessScope]] = {}
        for scope in scopes:
            self._scopes.setdefault((scope.pattern, frozenset(scope.context)), []).append(scope)
        self._patterns = PatternIndex({pattern for pattern, _ in self._scopes if "/" in pattern})
        self._known: dict[AccessScope, list[AccessScope]] = {}

    def of(self, scope: AccessScope) -> list[AccessScope]:
        """The scopes whose pattern covers that of `scope`, and whose context is a part of its context."""
        if scope not in self._known:
            self._known[scope] = [
                other
                for pattern in {scope.pattern, *self._patterns.matching(scope.pattern)}
                for size in range(len(scope.context) + 1)
                for context in itertools.combinations(scope.context, size)
                for other in self._scopes.get((pattern, frozenset(context)), ())
                if other != scope
            ]
        return self._known[scope]


@dataclass(frozen=True, order=True)
class _ContextValue:
    """A context key's example value, and what the policies say of the key."""

    example: str
    condition: str


_Situation = dict[str, _ContextValue]
"""The context of a call, by key."""


def with_neighbours(planned: PlannedAccounts, regions: Mapping[str, str]) -> PlannedAccounts:
    """The accounts with one more bucket and key in each account's Region.

    They stand for every bucket and key that no policy means to name.
    """
    accounts = planned.accounts
    buckets, keys = dict(accounts.buckets), dict(accounts.resource_policies)
    for account, region in regions.items():
        buckets[f"{ELSEWHERE}-{account}"] = Bucket(account_id=account)
        keys[f"arn:aws:kms:{region}:{account}:key/{ELSEWHERE}"] = default_key_policy(account)
    return replace(planned, accounts=replace(accounts, buckets=buckets, resource_policies=keys))


def neighbour_account(resource: str) -> str | None:
    """The account of a bucket or key that `with_neighbours` added; None for any other resource."""
    bucket = Accounts.bucket_of(resource)
    if bucket and bucket.startswith(f"{ELSEWHERE}-"):
        return bucket.removeprefix(f"{ELSEWHERE}-")
    return resource.split(":")[4] if resource.endswith(f":key/{ELSEWHERE}") else None


def access_scopes(moments: Iterable[PlannedAccounts]) -> list[AccessScope]:
    """Every scope that the policies at these moments distinguish, with an example of each."""
    all_accounts = [planned.accounts for planned in moments]
    statements = [statement for accounts in all_accounts for _, statement in accounts.statements()]
    contexts_by_keys: dict[frozenset[str], list[tuple[dict[str, str], dict[str, str]]]] = {}
    for context, conditions in _contexts(statements):
        contexts_by_keys.setdefault(frozenset(context), []).append((context, conditions))
    uses = _KeyUses(all_accounts)
    return sorted(
        {
            AccessScope(resource, pattern, tuple(sorted(context.items())), tuple(sorted(conditions.items())))
            for resource, pattern in _resources(all_accounts, statements)
            for keys, contexts in contexts_by_keys.items()
            if _is_possible(keys, resource) and uses.distinguish(keys, resource)
            for context, conditions in contexts
        }
    )


class _KeyUses:
    """For which resources statements look at each context key."""

    def __init__(self, all_accounts: Iterable[Accounts]) -> None:
        self._patterns: dict[str, set[str]] = {}
        for accounts in all_accounts:
            for location, statement in accounts.statements():
                if keys := _keys_of(statement):
                    for pattern in _covered(location, statement):
                        for key in keys:
                            self._patterns.setdefault(key.lower(), set()).add(pattern)
        self._indexes = {key: PatternIndex(patterns) for key, patterns in self._patterns.items()}

    def distinguish(self, keys: Iterable[str], resource: str) -> bool:
        """Whether each of the keys can matter for a call on a resource."""
        indexes = [self._indexes.get(key.lower()) for key in keys]
        return all(index is not None and any(index.matching(resource.lower())) for index in indexes)


def _keys_of(statement: Statement) -> set[str]:
    """The context keys of a statement's conditions and variables."""
    names = {key for _, key, _ in _condition_values(statement)}
    return names | {name for text in _texts(statement) for name in variables(text)}


def _covered(location: StatementLocation, statement: Statement) -> list[str]:
    """Patterns, in lower case, for all that a statement may cover."""
    if location.kind == "bucket":
        return [f"{_S3}{location.owner}*".lower()]
    if location.kind == "resource":
        return [location.owner.lower()]
    if "NotResource" in statement:
        return ["*"]
    return [re.sub(r"\$\{.*", "*", pattern, flags=re.DOTALL).lower() for pattern in as_list(statement.get("Resource"))]


def _texts(statement: Statement) -> list[str]:
    """The texts of a statement that may hold variables."""
    resources = (*as_list(statement.get("Resource")), *as_list(statement.get("NotResource")))
    return [*resources, *(value for _, _, value in _condition_values(statement))]


def _resources(all_accounts: Sequence[Accounts], statements: Iterable[Statement]) -> set[tuple[str, str]]:
    """The ARNs of an example and of its pattern, for each key and each part of a bucket that a statement names."""
    patterns = {
        pattern
        for statement in statements
        for name in ("Resource", "NotResource")
        for pattern in as_list(statement.get(name))
    }
    resources = {(arn, arn) for accounts in all_accounts for arn in accounts.resource_policies}
    parts = [pattern.removeprefix(_S3).partition("/") for pattern in patterns if pattern.startswith(_S3)]
    for bucket in {name for accounts in all_accounts for name in accounts.buckets}:
        arn = f"{_S3}{bucket}"
        key_patterns = {keys for bucket_pattern, _, keys in parts if keys and covers(bucket_pattern, bucket)}
        resources.add((arn, arn))
        index = PatternIndex(key_patterns)
        resources |= {(f"{arn}/{pattern_example(keys, index)}", f"{arn}/{keys}") for keys in {"*", *key_patterns}}
    return resources


def _contexts(statements: Sequence[Statement]) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Contexts and their conditions: an empty one, and one for each way to meet the conditions of an allowance.

    If denials have exceptions, each context comes again with each exception, and the first one of every other denial.
    """
    allowed: list[_Situation] = [{}]
    exceptions: list[list[_Situation]] = []
    values_by_key = _values_by_key(statements)
    for statement in statements:
        situations = [situation for situation in _combinations(_options(statement, values_by_key)) if situation]
        if statement.get("Effect") == "Deny":
            exceptions += [situations] if situations else []
        else:
            allowed += situations
    usual = {key: value for situations in exceptions for key, value in situations[0].items()}
    exempt: list[_Situation] = [{}, *({**usual, **situation} for situations in exceptions for situation in situations)]
    combined = ({**exception, **allowance} for exception in exempt for allowance in allowed)
    contexts = {tuple(sorted(situation.items())): situation for situation in combined}
    return [
        (
            {key: value.example for key, value in situation.items()},
            {key: value.condition for key, value in situation.items()},
        )
        for situation in contexts.values()
    ]


def _options(statement: Statement, values_by_key: Mapping[str, PatternIndex]) -> dict[str, list[_ContextValue]]:
    """By context key, the values with which an allowance applies, or a denial doesn't."""
    options: dict[str, list[_ContextValue]] = {}
    examples_of = exception_examples if statement.get("Effect") == "Deny" else condition_examples
    for operator, key, value in _condition_values(statement):
        if key not in _USUAL_KEYS:
            condition = value if _ASSUMED_OPERATOR.search(operator) else f"{operator} {value}"
            examples = examples_of(operator, value, values_by_key[key])
            options.setdefault(key, []).extend(_ContextValue(example, condition) for example in examples)
    for key in {name for text in _texts(statement) for name in variables(text)} - _USUAL_KEYS:
        options.setdefault(key, []).append(_ContextValue(ELSEWHERE, "*"))
    return {key: values for key, values in options.items() if values}


def _condition_values(statement: Statement) -> Iterator[tuple[str, str, str]]:
    """Each operator, key and value of a statement's conditions."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            for value in map(str, values if isinstance(values, list) else [values]):
                yield operator, key, value


def _values_by_key(statements: Iterable[Statement]) -> dict[str, PatternIndex]:
    """Everything that policies compare a context key with."""
    values_by_key: dict[str, set[str]] = {}
    for statement in statements:
        for _, key, value in _condition_values(statement):
            values_by_key.setdefault(key, set()).add(value)
    return {key: PatternIndex(values) for key, values in values_by_key.items()}


def _combinations(options: Mapping[str, Sequence[_ContextValue]]) -> list[_Situation]:
    """Every combination of values or, if that is too many, every value at least once."""
    if math.prod(map(len, options.values())) <= _MOST_CONTEXTS:
        return [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    first = {key: values[0] for key, values in options.items()}
    return [{**first, key: value} for key, values in options.items() for value in values]


def _is_possible(keys: Iterable[str], resource: str) -> bool:
    """Whether calls on a resource can have these context keys."""
    is_key, is_object = ":kms:" in resource, "/" in resource and ":s3:" in resource
    for key in keys:
        if key.startswith("kms:") and not is_key:
            return False
        if key.startswith("s3:") and (is_key or (is_object and key.lower() in _LIST_KEYS)):
            return False
    return True
