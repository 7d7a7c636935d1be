"""The access table as blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapspan.review.page.document import Block, Folded, Heading, Line, Table
from mapspan.review.page.wording import actions_words, code_list, short
from mapspan.review.review import Review
from mapspan.review.who_may.access import Access, AccessTable, State
from mapspan.review.who_may.places import Place, neighbour_of

_MOST_ACTIONS = 8
_CONDITIONS = {
    "kms:EncryptionContext:aws:s3:arn": "for",
    "kms:ViaService": "through",
    "s3:prefix": "keys below",
}
_WORDS: dict[State, str] = {
    "yes": "✅ yes",
    "no": "no",
    "own": "no: only its own policies allow it",
    "other": "no: only the other side's policy allows it",
    "untold": "❔ if its own policy, which isn't in this plan, allows it",
}


def access_blocks(found: Review) -> Iterator[Block]:
    """Who may do what, what changes first; decided by simulation."""
    table: AccessTable = found.access
    yield Heading("Who may touch whose data", 3)
    if table.undecided:
        yield Line(undecided_words(table.undecided))
        return
    changed = sorted(table.changed, key=lambda row: (not row.gains, row))
    if changed:
        yield _table(found, changed)
    else:
        yield Line("Nobody gains or loses access to a bucket or key of either account.")
    same = [row for row in table.rows if not row.changes]
    if same:
        header = ["who", "may", "where", ""]
        rows = [[_who(row), _may(row), _where(found, row.place), _WORDS[row.after]] for row in same]
        yield Folded(f"What stays as it is ({len(same)})", [Table(header, rows)])


def undecided_words(reason: str) -> str:
    """That access was not decided, and why."""
    return f"⚠️ Access not decided: {reason}"


def _table(found: Review, rows: Sequence[Access]) -> Table:
    cells = [
        [_who(row), _may(row), _where(found, row.place), _WORDS[row.before], f"**{_WORDS[row.after]}**"] for row in rows
    ]
    return Table(["who", "may", "where", "before", "after"], cells)


def _who(row: Access) -> str:
    return "**anyone**" if row.principal.name == "anyone" else f"`{short(row.principal.name)}`"


def _may(row: Access) -> str:
    if len(row.actions) <= _MOST_ACTIONS:
        return actions_words(row.actions)
    services = sorted({action.split(":")[0] for action in row.actions})
    shown = row.actions[: _MOST_ACTIONS - 1]
    return f"{len(row.actions)} actions of {code_list(services)}, such as {actions_words(shown)}"


def _where(found: Review, place: Place) -> str:
    account = neighbour_of(place.resource)
    if account is not None:
        what = "key" if ":kms:" in place.resource else "bucket"
        return f"every other {what} of {found.account(account)}"
    words = f"`{short(place.pattern)}`"
    for key, pattern in place.conditions:
        words += f", {_CONDITIONS.get(key, f'`{key}`')} `{short(pattern)}`"
    return words
