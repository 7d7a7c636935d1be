"""A bucket policy with statements of ours among those that it has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
Statement = Mapping[str, Any]


def merged(document: Document | None, ours: Sequence[Statement], *, gone: Collection[str] = ()) -> Document | None:
    """The policy with `ours`, each in place of the statement that has its Sid, and without the Sids that are `gone`.

    Everything else stays as it is, in its order. None is a bucket without a policy.
    """
    left = {statement["Sid"]: statement for statement in ours}
    statements = []
    for statement in _statements(document):
        sid = statement.get("Sid")
        if sid in left:
            statements.append(left.pop(sid))
        elif sid is None or sid not in gone:
            statements.append(statement)
    statements += left.values()
    if not statements:
        return None
    return {**(document or {"Version": "2012-10-17"}), "Statement": statements}


def _statements(document: Document | None) -> Sequence[Statement]:
    """A policy's statements: IAM lets a single one stand without a list."""
    statements = document["Statement"] if document else []
    return [statements] if isinstance(statements, Mapping) else statements
