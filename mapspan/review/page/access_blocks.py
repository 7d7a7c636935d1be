"""The access table as blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapspan.review.marked_words import code, code_list
from mapspan.review.page.blocks import Block, Folded, Heading, Line, Points, Table
from mapspan.review.page.principal_name import principal_name
from mapspan.review.page.wording import actions_words, short_name
from mapspan.review.plan_review import PlanReview
from mapspan.review.who_may.access_scopes import AccessScope, neighbour_account
from mapspan.review.who_may.access_table import AccessRow, AccessState
from mapspan.review.who_may.undecided_access import UndecidedAccess

_MOST_ACTIONS = 8
_CONDITIONS = {
    "kms:EncryptionContext:aws:s3:arn": "for",
    "kms:ViaService": "through",
    "s3:prefix": "keys below",
}
_WORDS: dict[AccessState, str] = {
    "allowed": "✅ allowed",
    "denied": "denied",
    "own_policy_only": "denied: only its own policies allow it",
    "other_side_only": "denied: only the other side's policy allows it",
    "undecided": "❔ undecided: this plan doesn't show the resource's own policy",
}


def access_blocks(review: PlanReview) -> Iterator[Block]:
    """Who may do what, decided by simulation; what changes comes first."""
    yield Heading("Who may access whose data", 3)
    if review.access.undecided:
        first, *others = review.access.undecided.split("\n")
        yield Line(undecided_words(first))
        if others:
            yield Points(others)
        return
    changed = sorted(review.access.changed_rows, key=lambda row: (not row.gains, row))
    if changed:
        yield _table(review, changed)
    else:
        yield Line(_no_change(review))
    if review.undecided_access:
        yield Line("Not decided, and not in this table:")
        yield Points([undecided_point(undecided) for undecided in review.undecided_access])
    unchanged = [row for row in review.access.rows if not row.changes]
    if unchanged:
        header = ["who", "may", "where", ""]
        rows = [[_who(row), _may(row), _where(review, row.scope), _WORDS[row.after]] for row in unchanged]
        yield Folded(f"What stays as it is ({len(unchanged)})", [Table(header, rows)])


def _no_change(review: PlanReview) -> str:
    """What a table without changes proves: that nobody gains access only if everything was read and decided."""
    if review.undecided_access or review.wider_statements:
        return "No row of this table changes, which doesn't prove that nobody gains access: see the first screen."
    if review.narrows_data_access:
        return (
            "Nobody gains access to a bucket or key of either account. Statements get narrower, which takes access from"
            " calls that none of these rows stands for: see below."
        )
    return "Nobody gains or loses access to a bucket or key of either account."


def undecided_point(undecided: UndecidedAccess) -> str:
    """What isn't decided, and why."""
    return f"{code(undecided.subject)}: {undecided.reason}"


def undecided_words(reason: str) -> str:
    """That access was not decided, and why."""
    return f"⚠️ Access not decided: {reason}"


def _table(review: PlanReview, rows: Sequence[AccessRow]) -> Table:
    cells = [
        [_who(row), _may(row), _where(review, row.scope), _WORDS[row.before], f"**{_WORDS[row.after]}**"]
        for row in rows
    ]
    return Table(["who", "may", "where", "before", "after"], cells)


def _who(row: AccessRow) -> str:
    return "**anyone**" if row.principal.name == "anyone" else code(principal_name(row.principal))


def _may(row: AccessRow) -> str:
    if len(row.actions) <= _MOST_ACTIONS:
        return actions_words(row.actions)
    services = sorted({action.split(":")[0] for action in row.actions})
    examples = row.actions[: _MOST_ACTIONS - 1]
    return f"{len(row.actions)} actions of {code_list(services)}, such as {actions_words(examples)}"


def _where(review: PlanReview, scope: AccessScope) -> str:
    account = neighbour_account(scope.resource)
    if account is not None:
        what = "key" if ":kms:" in scope.resource else "bucket"
        return f"every other {what} of {review.account(account)}"
    words = code(short_name(scope.pattern))
    for key, pattern in scope.conditions:
        words += f", {_CONDITIONS.get(key, code(key))} {code(short_name(pattern))}"
    return words
