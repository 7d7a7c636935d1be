"""Principals that are deleted roles: AWS replaces the ARN of a deleted role in a policy by the role's unique id.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
"""

from __future__ import annotations

import re

from mapspan.review.changes.policy import Statement, principals
from mapspan.review.marked_words import code

_UNIQUE_ID = re.compile(r"A(ROA|IDA)[A-Z0-9]{12,}")


def with_recreated_roles(
    before: Statement | None, after: Statement | None, roles: frozenset[str]
) -> tuple[Statement | None, list[str]]:
    """A statement with the ARNs of roles that were deleted and created again, and a note about each.

    The statement counts as one that named them all the time: naming them again restores what was meant.

    Args:
        roles: the ARNs of the plan's own roles. Any other principal in the place of a deleted one is a new one.
    """
    if before is None or after is None:
        return before, []
    deleted = [name for name in principals(before) if _UNIQUE_ID.fullmatch(name) and name not in principals(after)]
    again = [name for name in principals(after) if name in roles and name not in principals(before)]
    if not deleted or not again:
        return before, []
    notes = [f"the role {code(arn)} was created again: {code(', '.join(deleted))} is a deleted one" for arn in again]
    return {**before, "Principal": {"AWS": [*principals(before), *again]}}, notes
