"""Merges our statements into a bucket policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
Statement = Mapping[str, Any]


def merged(document: Document | None, ours: Sequence[Statement], *, removed: Collection[str] = ()) -> Document | None:
    """The policy with `ours`, each in place of the statement with the same Sid, and without the `removed` Sids.

    All other statements stay as they are, in their order. None stands for a bucket without a policy.
    """
    new = {statement["Sid"]: statement for statement in ours}
    statements = []
    for statement in _statements(document):
        sid = statement.get("Sid")
        if sid in new:
            statements.append(new.pop(sid))
        elif sid is None or sid not in removed:
            statements.append(statement)
    statements += new.values()
    if not statements:
        return None
    return {**(document or {"Version": "2012-10-17"}), "Statement": statements}


def _statements(document: Document | None) -> Sequence[Statement]:
    """The statements of a policy: IAM accepts a single one without a list."""
    statements = document["Statement"] if document else []
    return [statements] if isinstance(statements, Mapping) else statements
