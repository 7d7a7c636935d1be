"""What a reviewer must see first: the verdict, what is lost, what gets wider, and what changes where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mapspan.review.changes.definition_change import DefinitionChange
from mapspan.review.changes.loss import Loss
from mapspan.review.changes.plan import ACTIONS
from mapspan.review.changes.statement_change import StatementChange
from mapspan.review.page.access_blocks import undecided_words
from mapspan.review.page.document import Block, Folded, Heading, Line, Points, Table
from mapspan.review.page.wording import code_list, sentence, short
from mapspan.review.review import Review

_WORDS = {"delete": "destroy", "replace": "replace", "forget": "forget", "create": "create", "update": "change"}
_MARKS = {
    "delete": "🟥 destroy",
    "replace": "🟧 replace",
    "forget": "⬜ forget",
    "create": "🟩 create",
    "update": "🟦 change",
}
_MOST = 8


def first_screen(found: Review) -> Iterator[Block]:
    """The blocks before all others."""
    counted = Counter(change.action for change in found.plan.effective)
    told = ", ".join(f"{counted[action]} to {_WORDS[action]}" for action in ACTIONS if counted[action])
    if found.changes_nothing:
        yield Heading(f"`{found.environment.name}`: nothing changes")
        return
    yield Heading(f"`{found.environment.name}`: {told or 'only outputs change'}")
    yield from _verdict(found)
    if found.access.undecided:
        # One line of it: a reason may name many policies, and stands whole in the chapter about access.
        yield Line(undecided_words(found.access.undecided.splitlines()[0]))
    if found.wider:
        yield Line("⚠️ **Access gets wider**")
        yield Points(_limited([wider_words(each) for each in found.wider]))
    for change in found.definitions:
        if change.before is not None:
            yield Line(f"✏️ **The workflow `{change.address}` changes**")
            yield Points(_limited([str(change.withheld)] if change.withheld else state_words(change)))
    yield _by_account(found)
    if found.losses:
        yield Heading("Destroyed or replaced", 3)
        telling = [loss for loss in found.losses if loss.lost]
        others = [loss for loss in found.losses if not loss.lost]
        if telling:
            yield Points([_loss_words(found, loss) for loss in telling])
        if others:
            points = Points([_loss_words(found, loss) for loss in others])
            yield Folded(f"{len(others)} with which nothing is lost", [points])


def _verdict(found: Review) -> Iterator[Block]:
    if found.blocking:
        yield Line("⛔ **Blocked: something would be lost that making it again doesn't bring back**")
        yield Points([f"`{loss.change.address}`: {loss.lost}" for loss in found.blocking])
        flags = " ".join(f"--allow-destroy {loss.change.address}" for loss in found.blocking)
        yield Line(f"If that is meant: `{flags}`")
    if found.needless:
        yield Line("`--allow-destroy` names what this plan doesn't destroy: " + ", ".join(found.needless))
    if found.plan.drifted:
        addresses = ", ".join(f"`{address}`" for address in found.plan.drifted)
        yield Line(f"⚠️ **Changed outside of terraform**, and changed back by this plan: {addresses}")


def _by_account(found: Review) -> Table:
    """How much is done in which account."""
    used = [action for action in ACTIONS if any(change.action == action for change in found.plan.effective)]
    counted = Counter((change.account_id, change.action) for change in found.plan.effective)
    accounts = sorted({change.account_id for change in found.plan.effective}, key=found.account)
    rows = [[found.account(account), *(str(counted[account, action] or "") for action in used)] for account in accounts]
    return Table(["account", *(_MARKS[action] for action in used)], rows)


def _loss_words(found: Review, loss: Loss) -> str:
    change = loss.change
    why = f", for {', '.join(f'`{name}`' for name in change.replaced_for)}" if change.replaced_for else ""
    what = f"{_MARKS[change.action]} `{change.address}` in {found.account(change.account_id)}{why}"
    if loss.lost is None:
        return what
    allowed = " (allowed)" if loss.allowed else ""
    return f"{what}; lost: {loss.lost}{allowed}"


def wider_words(change: StatementChange) -> str:
    """Whose statement, and why it is wider."""
    name = change.sid or "a statement without Sid"
    why = "; ".join(change.wider)
    said = sentence(change.after, change.policy) if change.after else "it denies no more"
    return f"`{short(str(change.policy.owner))}` {change.policy.name}, `{name}`: **{why}**. Now {said}"


def state_words(change: DefinitionChange) -> list[str]:
    """The states that are added, removed or changed, with the fields that change."""
    points = []
    for each in change.changed:
        before, after = each.before or {}, each.after or {}
        fields = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        what = f"{each.fate}: {code_list(fields)}" if each.fate == "changed" else each.fate
        points.append(f"`{each.name}` {what}")
    if change.before is None or change.after is None:
        return [f"{'new' if change.before is None else 'gone'}, with {len(points) - 1} states"]
    return points


def _limited(points: list[str]) -> list[str]:
    return points if len(points) <= _MOST else [*points[: _MOST - 1], f"… and {len(points) - _MOST + 1} more, below"]
