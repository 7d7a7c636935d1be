"""The statements that change no decision."""

from __future__ import annotations

from collections.abc import Sequence

from mapspan.review.iam.accounts import Accounts, StatementLocation
from mapspan.review.iam.simulator import Call, Simulator


def unneeded_statements(
    simulator: Simulator, accounts: Accounts, *, calls: Sequence[Call], refused: Sequence[Call]
) -> list[StatementLocation]:
    """The statements without which every call is decided as before.

    An Allow is needed if one of `calls` is denied without it, a Deny if one of `refused` is allowed without it.

    Raises:
        ValueError: with every statement in place, one of `calls` is denied, or one of `refused` allowed.
    """
    wrong = [str(call) for call in calls if not simulator.allows(accounts, call)]
    wrong += [f"not {call}" for call in refused if simulator.allows(accounts, call)]
    if wrong:
        raise ValueError(f"decided wrongly with every statement in place: {wrong}")
    unneeded = []
    for location, statement in accounts.statements():
        fewer = accounts.without(location)
        if statement["Effect"] == "Allow":
            is_needed = any(not simulator.allows(fewer, call) for call in calls)
        else:
            is_needed = any(simulator.allows(fewer, call) for call in refused)
        if not is_needed:
            unneeded.append(location)
    return unneeded
