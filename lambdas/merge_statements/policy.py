"""Merges our statements into a bucket policy."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
Statement = Mapping[str, Any]

# Of a role or a user: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_UNIQUE_ID = re.compile(r"A(ROA|IDA)[A-Z0-9]{12,}")


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


def as_text(document: Document) -> str:
    """The policy as JSON, as short as it can be: S3 counts its bytes."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def sids_of(statements: Sequence[Statement] | Statement) -> set[str]:
    """The Sids of the statements that have one."""
    return {str(statement["Sid"]) for statement in _as_list(statements) if "Sid" in statement}


def stale_statement(document: Document, *, without: Collection[str]) -> str | None:
    """The first statement with a principal that was deleted, by its Sid or position; None if there is none.

    S3 shows such a principal by its unique id. `without`: Sids to leave out.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    for number, statement in enumerate(_statements(document), start=1):
        principal = statement.get("Principal")
        names = principal.get("AWS", ()) if isinstance(principal, Mapping) else ()
        if statement.get("Sid") in without:
            continue
        if any(_UNIQUE_ID.fullmatch(name) for name in ([names] if isinstance(names, str) else names)):
            return str(statement.get("Sid") or f"number {number}")
    return None


def _statements(document: Document | None) -> Sequence[Statement]:
    return _as_list(document["Statement"]) if document else []


def _as_list(statements: Sequence[Statement] | Statement) -> Sequence[Statement]:
    """IAM accepts a single statement without a list."""
    return [statements] if isinstance(statements, Mapping) else statements
