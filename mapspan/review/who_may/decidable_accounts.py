"""Accounts without what IAM's data can't decide, so that one unknown action leaves the rest decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mapspan.review.iam.accounts import POLICY_VARIABLE, Statement, StatementLocation, as_list
from mapspan.review.iam.simulator import Simulator
from mapspan.review.marked_words import code, plain
from mapspan.review.who_may.planned_accounts import PlannedAccounts
from mapspan.review.who_may.undecided_access import UndecidedAccess

# Variables whose value the simulator gives to each call: an example can't choose it.
_FIXED_VARIABLES = ("${aws:PrincipalAccount}", "${aws:PrincipalArn}", "${aws:ResourceAccount}")


def decidable_accounts(simulator: Simulator, planned: PlannedAccounts) -> tuple[PlannedAccounts, set[UndecidedAccess]]:
    """The accounts without the actions and statements that can't be decided, and what these are."""
    accounts = planned.accounts
    undecided: set[UndecidedAccess] = set()
    replacements: dict[StatementLocation, Statement | None] = {}
    statements = dict(accounts.statements())
    for location, action in simulator.unknown_actions(accounts):
        undecided.add(UndecidedAccess(str(location), f"IAM's data has no action {code(action)}"))
        replacements[location] = _without_action(replacements.get(location, statements[location]), action)
    for location, reason in accounts.unsound():
        undecided.add(UndecidedAccess(str(location), plain(reason)))
        replacements[location] = None
    for location, statement in statements.items():
        resources = (*as_list(statement.get("Resource")), *as_list(statement.get("NotResource")))
        variables = {match[0] for resource in resources for match in POLICY_VARIABLE.finditer(resource)}
        for variable in sorted(variables.intersection(_FIXED_VARIABLES)):
            undecided.add(UndecidedAccess(str(location), f"what {code(variable)} stands for isn't tried"))
    # From the last statement of a policy to the first, because a removed one shifts those behind it.
    for location in sorted(replacements, key=lambda location: -location.number):
        accounts = accounts.with_statement(location, replacements[location])
    return replace(planned, accounts=accounts), undecided


def _without_action(statement: Statement | None, action: str) -> Statement | None:
    """A statement without an action; None if nothing is left of it."""
    if statement is None:
        return None
    fields: Mapping[str, Any] = {name: item for name, item in statement.items() if name not in ("Action", "NotAction")}
    if "NotAction" in statement:
        kept = [name for name in as_list(statement["NotAction"]) if name != action]
        return {**fields, "NotAction": kept} if kept else {**fields, "Action": "*"}
    kept = [name for name in as_list(statement.get("Action")) if name != action]
    return {**fields, "Action": kept} if kept else None
