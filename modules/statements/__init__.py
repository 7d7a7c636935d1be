"""The IAM statements that don't follow from a definition.

They are plain dicts without CDKTF, so what IAM decides on them is tested in milliseconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Statements = Sequence[Mapping[str, Any]]


def policy_document(statements: Statements) -> dict[str, object]:
    """A policy document of `statements`."""
    return {"Version": "2012-10-17", "Statement": list(statements)}
