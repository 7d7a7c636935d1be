"""The scopes in which a principal may be allowed anything: only these need the simulator.

A plan of many roles has many scopes, and most of them concern one role. Every statement is therefore looked up by the
resources that it may cover, so that the work grows with the plan and not with its square.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mapspan.review.changes.policy import principals
from mapspan.review.iam.accounts import Accounts, Document, Statement, as_list
from mapspan.review.iam.patterns import PatternIndex, covers
from mapspan.review.who_may.access_scopes import AccessScope

_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?")
_ONE_CALLER = re.compile(r"arn:[^:]+:iam::\d{12}:(role|user)/[^*?]+|[^:*?]+\.amazonaws\.com")
_VARIABLE = re.compile(r"\$\{([^}*?$,]+)")
# What follows in a pattern stands for more than one text.
_WILD = re.compile(r"[*?]|\$\{")
_LAST = "\U0010ffff"

ScopeGroup = Sequence[AccessScope]
"""Scopes of one resource in which every decision about a principal is the same."""


class RelevantScopes:
    """The scopes of some accounts, by what policies may grant in them."""

    def __init__(self, accounts: Accounts, scopes: Iterable[AccessScope]) -> None:
        self._accounts = accounts
        self._scopes: dict[str, list[AccessScope]] = {}
        for scope in scopes:
            self._scopes.setdefault(scope.resource, []).append(scope)
        self._resources = sorted(self._scopes)
        self._by_lower_case = sorted((resource.lower(), resource) for resource in self._resources)
        self._admitting: dict[str, list[str]] = {}
        """The resources whose own policies admit a caller, by its name; those under `*` may admit anyone."""
        for resource in self._resources:
            for name in {name for statement in self._own_statements(resource) for name in _admitted(statement)}:
                self._admitting.setdefault(name, []).append(resource)

    def groups(self, principal: str) -> Iterator[ScopeGroup]:
        """The scopes in which a principal may be allowed anything; any other one is denied."""
        role = self._accounts.roles.get(principal)
        statements = [
            statement for document in (role.policies.values() if role else ()) for statement in _all(document)
        ]
        for resource in sorted({*self._covered(statements), *self._admitted_to(principal)}):
            uses = _ContextUses([*statements, *self._own_statements(resource)])
            groups: dict[object, list[AccessScope]] = {}
            for scope in self._scopes[resource]:
                groups.setdefault(uses.signature(scope.context), []).append(scope)
            yield from groups.values()

    def _own_statements(self, resource: str) -> Sequence[Statement]:
        document = self._accounts.policy_of(resource, "")
        return _all(document) if document else ()

    def _covered(self, statements: Iterable[Statement]) -> Iterator[str]:
        """The resources that an allowance may cover, in upper or lower case."""
        for statement in statements:
            if statement.get("Effect") == "Allow" and "NotResource" in statement:
                yield from self._resources
            elif statement.get("Effect") == "Allow":
                for pattern in as_list(statement.get("Resource")):
                    yield from self._matching(pattern)

    def _matching(self, pattern: str) -> Iterator[str]:
        lower_case = pattern.lower()
        wild = _WILD.search(lower_case)
        literal = lower_case[: wild.start()] if wild else lower_case
        start = bisect_left(self._by_lower_case, (literal,))
        end = bisect_left(self._by_lower_case, (literal + _LAST,))
        for lower_case_resource, resource in self._by_lower_case[start:end]:
            if "${" in pattern or covers(lower_case, lower_case_resource):
                yield resource

    def _admitted_to(self, principal: str) -> Iterator[str]:
        """The resources whose own policies may admit a principal.

        An account that a policy names leaves the decision to its own policies, and so admits nobody within it.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
        """
        account = principal.split(":")[4] if principal.startswith("arn:") else ""
        yield from self._admitting.get("*", ())
        yield from self._admitting.get(principal, ())
        for resource in self._admitting.get(account, ()):
            if self._accounts.account_of(resource) != account:
                yield resource


class _ContextUses:
    """How some statements use the context keys of a call. IAM ignores the case of keys."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._exact: set[str] = set()
        """The context keys that may matter with any value."""
        compared: dict[str, set[str]] = {}
        for statement in statements:
            self._exact |= {key.lower() for key in _variables(statement)}
            for operator, keys in (statement.get("Condition") or {}).items():
                for key, values in keys.items():
                    if "string" in operator.lower() and not any("${" in value for value in as_list(values)):
                        compared.setdefault(key.lower(), set()).update(as_list(values))
                    else:
                        self._exact.add(key.lower())
        self._texts = {key: _ComparedTexts(values) for key, values in compared.items()}

    def signature(self, context: Iterable[tuple[str, str]]) -> tuple[object, ...]:
        """A value that is the same for contexts that no statement distinguishes."""
        return tuple((key, self._use(key.lower(), value)) for key, value in context if self._is_used(key.lower()))

    def _is_used(self, key: str) -> bool:
        return key in self._exact or key in self._texts

    def _use(self, key: str, value: str) -> object:
        return value if key in self._exact else self._texts[key].matching(value)


class _ComparedTexts:
    """What conditions on text compare a context key with: as it is, as a pattern, or whatever its case."""

    def __init__(self, texts: set[str]) -> None:
        self._texts = texts
        self._patterns = PatternIndex(texts)
        self._any_case = PatternIndex(text.lower() for text in texts)

    def matching(self, value: str) -> tuple[bool | str, frozenset[str], frozenset[str]]:
        return (
            value in self._texts and value,
            frozenset(self._patterns.matching(value)),
            frozenset(self._any_case.matching(value.lower())),
        )


def _all(document: Document) -> Sequence[Statement]:
    statements: Sequence[Statement] = document["Statement"]
    return statements


def _admitted(statement: Statement) -> Iterator[str]:
    """The roles, users, services and accounts that an allowance names; `*` for whatever may stand for several."""
    if statement.get("Effect") != "Allow":
        return
    names = principals(statement)
    # Only a statement that names nothing but accounts is a delegation.
    if "NotPrincipal" in statement:
        yield "*"
    accounts = [_ACCOUNT.fullmatch(name) for name in names]
    for name, account in zip(names, accounts, strict=True):
        if account and all(accounts):
            yield account[1]
        elif _ONE_CALLER.fullmatch(name):
            yield name
        else:
            yield "*"


def _variables(statement: Statement) -> Iterator[str]:
    """The context keys whose values a statement's text holds."""
    conditions: Mapping[str, Mapping[str, str | list[str]]] = statement.get("Condition") or {}
    texts = [
        *as_list(statement.get("Resource")),
        *as_list(statement.get("NotResource")),
        *(value for keys in conditions.values() for values in keys.values() for value in as_list(values)),
    ]
    for text in texts:
        yield from _VARIABLE.findall(text)
