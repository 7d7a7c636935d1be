"""The review as blocks: the first screen, then a chapter for each question."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from mapspan import quantity
from mapspan.costs.prices import as_of
from mapspan.outside_text import visible
from mapspan.review.changes.cost_change import WORKLOAD
from mapspan.review.changes.definition_change import DefinitionChange
from mapspan.review.changes.placeholder import Unknown, as_json
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.changes.statement_change import StatementChange, UnreadablePolicy
from mapspan.review.changes.widening import normalized
from mapspan.review.marked_words import code, plain
from mapspan.review.page.access_blocks import access_blocks
from mapspan.review.page.blocks import Block, Code, Folded, Heading, Line, Points, Table
from mapspan.review.page.diagram import diagram
from mapspan.review.page.first_screen import first_screen, state_points
from mapspan.review.page.wording import sentence, short_name
from mapspan.review.plan_review import PlanReview

_MOST_CHARACTERS = 120
_CHARACTERS_BEFORE = 40
_LINES_AROUND = 3
# Attributes that have chapters of their own.
_SHOWN_ABOVE = {"policy", "assume_role_policy", "inline_policy", "definition"}


def chapters(review: PlanReview) -> list[Block]:
    """The whole review."""
    blocks = [*first_screen(review)]
    if not review.changes_nothing:
        blocks += [*access_blocks(review), *_workflows(review), *_cost(review), *_statements(review)]
        blocks += _resources(review)
    return blocks


def json_diff(before: Any, after: Any, *, around: int | None = None) -> str:
    """The JSON of two values, line by line, marked with `+` and `-`.

    Args:
        around: how many lines to show around each difference; all by default.
    """
    old, new = _json_lines(before), _json_lines(after)
    if before is None or after is None:
        return "\n".join([*(f"- {line}" for line in old), *(f"+ {line}" for line in new)])
    if around is not None:
        return "\n".join(line.replace("\n", "") for line in [*difflib.unified_diff(old, new, n=around)][2:])
    return "\n".join(line for line in difflib.ndiff(old, new) if not line.startswith("?"))


def _workflows(review: PlanReview) -> Iterator[Block]:
    for change in review.definitions:
        yield Heading(f"The workflow {code(change.address)}", 3)
        if change.placeholder:
            yield Line(f"Its definition: {plain(change.placeholder)}")
            continue
        yield Points(state_points(change))
        yield Code(diagram(change), "mermaid")
        if change.before is not None and change.after is not None:
            yield Folded("State by state", list(_states(change)))


def _states(change: DefinitionChange) -> Iterator[Block]:
    for state in change.changed_states:
        yield Line(f"**{plain(state.name)}** {state.fate}")
        yield Code(json_diff(state.before, state.after, around=_LINES_AROUND), "diff")


def _cost(review: PlanReview) -> Iterator[Block]:
    cost = review.cost
    if not cost.differs:
        return
    columns = {"before": cost.before, "after": cost.after}
    estimates = {name: estimate for name, estimate in columns.items() if estimate is not None}
    yield Heading("What a million objects cost", 3)
    rows = [
        ["cost", *(quantity.format_usd(estimate.usd) for estimate in estimates.values())],
        ["time", *(quantity.format_duration(estimate.seconds) for estimate in estimates.values())],
        ["limited by", *(estimate.longest.bound_by for estimate in estimates.values())],
    ]
    yield Table(["", *estimates], rows)
    yield Line(
        f"Objects of {quantity.format_bytes(WORKLOAD.average_bytes)} each, estimated like `mapspan estimate`, with the"
        f" prices of us-east-1 as of {as_of()}."
    )


def _statements(review: PlanReview) -> Iterator[Block]:
    if not review.statements:
        return
    yield Heading("IAM, statement by statement", 3)
    by_owner: dict[str, list[StatementChange]] = {}
    for change in review.statements:
        if isinstance(change, UnreadablePolicy):
            yield Line(f"{code(change.policy.address)} {plain(change.policy.name)}: {plain(change.placeholder)}")
        else:
            by_owner.setdefault(str(change.policy.owner), []).append(change)
    for owner, changes in sorted(by_owner.items(), key=lambda item: not _any_wider(item[1])):
        mark = "⚠️ " if _any_wider(changes) else ""
        account = review.account(changes[0].policy.account_id)
        details = [block for change in changes for block in _statement(change)]
        yield Folded(f"{mark}{code(short_name(owner))} in {account}: {_counts(changes)}", details)


def _any_wider(changes: Sequence[StatementChange]) -> bool:
    return any(change.widenings for change in changes)


def _counts(changes: Sequence[StatementChange]) -> str:
    counts = [
        (sum(change.before is None for change in changes), "added"),
        (sum(change.after is None for change in changes), "removed"),
        (sum(change.before is not None and change.after is not None for change in changes), "changed"),
    ]
    return ", ".join(f"{count} {what}" for count, what in counts if count)


def _statement(change: StatementChange) -> Iterator[Block]:
    title = f"**{plain(change.policy.name)}, {plain(change.sid or 'a statement without Sid')}**"
    yield Line(f"{title} ⚠️ {'; '.join(change.widenings)}" if change.widenings else title)
    before = [f"before: {sentence(change.before, change.policy)}"] if change.before is not None else []
    after = f"after: {sentence(change.after, change.policy)}" if change.after is not None else "after: removed"
    yield Points([*before, after])
    sides = (None if statement is None else normalized(statement) for statement in (change.before, change.after))
    yield Code(json_diff(*sides), "diff")


def _resources(review: PlanReview) -> Iterator[Block]:
    """Every changed resource, with the changed attributes of those that stay."""
    blocks: list[Block] = []
    for change in review.plan.effective:
        lines = _attributes(change) if change.action in ("update", "replace") else []
        title = f"{change.action} {code(change.address)} in {review.account(change.account_id)}"
        blocks.append(Folded(title, [Code("\n".join(lines), "diff")]) if lines else Line(title))
    if review.plan.outputs:
        blocks.append(Line("outputs that change: " + ", ".join(map(code, review.plan.outputs))))
    yield Folded(f"**Every resource that changes** ({len(review.plan.effective)})", blocks)


def _attributes(change: ResourceChange) -> list[str]:
    lines = []
    for attribute, old, new in change.changed_attributes():
        name = visible(attribute)
        if name in _SHOWN_ABOVE:
            lines.append(f"# {name}: see above")
        elif not (isinstance(new, Unknown) and old is None):
            before, after = _one_line(old), _one_line(new)
            start = _start_of_difference(before, after)
            lines += [f"- {name} = {_excerpt(before, start)}", f"+ {name} = {_excerpt(after, start)}"]
    return lines


def _one_line(value: Any) -> str:
    return visible(json.dumps(as_json(value), ensure_ascii=False) if not isinstance(value, str) else value)


def _start_of_difference(before: str, after: str) -> int:
    """Where to begin two long values, so that their first difference is in what is shown."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((number for number, (old, new) in pairs if old != new), min(len(before), len(after)))
    return same - _CHARACTERS_BEFORE if same > _MOST_CHARACTERS - _CHARACTERS_BEFORE else 0


def _excerpt(text: str, start: int) -> str:
    shown = text[start : start + _MOST_CHARACTERS]
    if shown == text:
        return text
    ends_here = start + len(shown) == len(text)
    return f"{'…' if start else ''}{shown}{'' if ends_here else '…'} ({len(text):,} characters)"


def _json_lines(value: Any) -> list[str]:
    if value is None:
        return []
    return json.dumps(as_json(value), indent=2, sort_keys=True, ensure_ascii=False).split("\n")
