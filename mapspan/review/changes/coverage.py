"""Whether statements cover another one: whether every call that it applies to is one that they apply to."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.conditions import Condition, conditions, unmet
from mapspan.review.iam.patterns import covers, overlaps

Statement = Mapping[str, Any]
FieldName = Literal["Principal", "Action", "Resource"]
FIELDS: tuple[FieldName, ...] = ("Action", "Resource", "Principal")

# A statement is compared part by part: one action, resource, principal and value of each condition at a time.
_MOST_PARTS = 4_000
_ACCOUNT = re.compile(r"\d{12}")
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_MEMBER = re.compile(r"arn:[^:]+:(?:iam|sts)::(\d{12}):.+")


@dataclass(frozen=True)
class Field:
    """What one field of a statement names.

    Args:
        values: as the policy spells them.
        is_negative: whether the statement applies to everything except these: `NotAction` and so on.
        resource_account: the account of the policy, if its own principals need no other policy when named.
    """

    name: FieldName
    values: tuple[str, ...]
    is_negative: bool = False
    resource_account: str | None = None

    def missing(self, other: Field) -> list[str]:
        """The values of `other` that stand for more than this field; for exceptions, the values that it excepts."""
        if self.is_negative and other.is_negative:
            return [value for value in self.values if not any(self._excepts(own, value) for own in other.values)]
        if self.is_negative:
            return [value for value in other.values if any(self._overlaps(own, value) for own in self.values)]
        if other.is_negative:
            return [] if any(self._is_everything(value) for value in self.values) else list(other.values) or ["*"]
        return [value for value in other.values if not any(self._covers(own, value) for own in self.values)]

    def covers(self, other: Field) -> bool:
        """Whether it stands for everything that `other` stands for."""
        return not self.missing(other)

    def _covers(self, own: str, value: str) -> bool:
        if self.name == "Action":
            return covers(own.lower(), value.lower())
        if self.name == "Resource":
            return covers(own, value)
        return self._names(own, value)

    def _names(self, own: str, principal: str) -> bool:
        """Whether a principal is another one, or belongs to it."""
        own, principal = _principal(own), _principal(principal)
        root, member = _ROOT.fullmatch(own), _MEMBER.fullmatch(principal)
        if root and member and root[1] == member[1]:
            # A policy leaves what its own account may do to that account's policies, but lets in a role that it names.
            return own == principal or root[1] != self.resource_account
        return covers(own, principal)

    def _excepts(self, own: str, value: str) -> bool:
        """Whether an exception for `own` holds for `value`; one for an account doesn't hold for its roles."""
        if self.name == "Principal":
            return _principal(own) == _principal(value)
        return self._covers(own, value)

    def _overlaps(self, own: str, value: str) -> bool:
        if self.name == "Action":
            return overlaps(own.lower(), value.lower())
        if self.name == "Resource":
            return overlaps(_VARIABLE.sub("*", own), _VARIABLE.sub("*", value))
        return overlaps(_principal(own), _principal(value))

    def _is_everything(self, value: str) -> bool:
        return value == "*" or (self.name == "Action" and value == "*:*")


_VARIABLE = re.compile(r"\$\{[^*?$}][^}]*\}")


def field(statement: Statement, name: FieldName, resource_account: str | None = None) -> Field:
    """A field of a statement; one that it doesn't have stands for everything."""
    for key, is_negative in ((name, False), (f"Not{name}", True)):
        if key in statement:
            return Field(name, tuple(texts(statement[key])), is_negative, resource_account)
    return Field(name, ("*",), resource_account=resource_account)


def texts(value: Any) -> list[str]:
    """The texts in a statement's field: one, several, or several of each kind."""
    if isinstance(value, Mapping):
        return [text for values in value.values() for text in texts(values)]
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


@dataclass(frozen=True)
class Part:
    """A statement, or a part of one, in the form in which it is compared."""

    fields: tuple[Field, ...]
    conditions: tuple[Condition, ...]

    def covers(self, other: Part) -> bool:
        """Whether it applies to every call that `other` applies to."""
        return all(own.covers(its) for own, its in zip(self.fields, other.fields, strict=True)) and not unmet(
            other.conditions, self.conditions
        )

    def split(self) -> Iterator[Part]:
        """Its parts: one value of each field and condition at a time."""
        values = [[own] if own.is_negative else _each(own) for own in self.fields]
        alternatives = [condition.alternatives() for condition in self.conditions]
        if math.prod(len(choices) for choices in (*values, *alternatives)) > _MOST_PARTS:
            alternatives = [[condition] for condition in self.conditions]
        if math.prod(map(len, values)) > _MOST_PARTS:
            values = [[own] for own in self.fields]
        for fields in itertools.product(*values):
            for chosen in itertools.product(*alternatives):
                yield Part(fields, chosen)


def part(statement: Statement, resource_account: str | None = None) -> Part:
    """A whole statement as it is compared.

    Args:
        resource_account: the account of the resource whose policy it stands in.
    """
    return Part(tuple(field(statement, name, resource_account) for name in FIELDS), tuple(conditions(statement)))


def is_covered(wanted: Part, parts: Iterable[Part]) -> bool:
    """Whether some parts together apply to every call that `wanted` applies to."""
    candidates = list(parts)
    if any(candidate.covers(wanted) for candidate in candidates):
        return True
    return bool(candidates) and all(
        any(candidate.covers(piece) for candidate in candidates) for piece in wanted.split()
    )


def _each(own: Field) -> Sequence[Field]:
    return [Field(own.name, (value,), resource_account=own.resource_account) for value in own.values]


def _principal(name: str) -> str:
    """A principal, with an account's number as the ARN that means the same."""
    return f"arn:aws:iam::{name}:root" if _ACCOUNT.fullmatch(name) else name
