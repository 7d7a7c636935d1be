"""A policy of a plan's resource, and all policies of a plan before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.placeholder import Placeholder, Unknown
from mapspan.review.changes.resource_change import Moment
from mapspan.review.iam.accounts import Document, as_list

Kind = Literal["identity", "trust", "bucket", "key", "resource"]
Statement = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy at one moment.

    Args:
        address, name: the resource that it is written in and its name there, the same before and after.
        owner: the role's ARN, the bucket's name, the key's ARN …; `Unknown` if the plan doesn't show it.
        account_id: the owner's account.
        document: `Statement` is a list; a placeholder if the plan doesn't show it.
        is_whole: whether it is all of the owner's policy; else it stands among other statements.
    """

    address: str
    name: str
    kind: Kind
    owner: str | Unknown
    account_id: str | None
    document: Document | Placeholder
    is_whole: bool = True

    @property
    def statements(self) -> Sequence[Statement]:
        """The statements; empty for a document that the plan doesn't show."""
        return self.document["Statement"] if isinstance(self.document, Mapping) else ()


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Every policy of a plan's resources at both moments, including grants and permissions."""

    before: Sequence[Policy]
    after: Sequence[Policy]

    def at(self, moment: Moment) -> Sequence[Policy]:
        return self.before if moment == "before" else self.after


def principals(statement: Statement) -> list[str]:
    """The principals that a statement names: ARNs, account ids, services, or `*`."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return [name for names in principal.values() for name in as_list(names)]
    return as_list(principal)
