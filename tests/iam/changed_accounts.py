"""Accounts with one statement changed, to try a mistake in it."""

from __future__ import annotations

from mapspan.review.iam.accounts import Accounts, Statement, StatementLocation


def find_statement(accounts: Accounts, owner: str, sid: str) -> tuple[StatementLocation, Statement]:
    """A statement and its location."""
    return next(
        (location, statement)
        for location, statement in accounts.statements()
        if (location.owner, location.sid) == (owner, sid)
    )


def with_fields(accounts: Accounts, owner: str, sid: str, **fields: object) -> Accounts:
    """The accounts with some fields of one statement replaced."""
    location, statement = find_statement(accounts, owner, sid)
    return accounts.with_statement(location, {**statement, **fields})
