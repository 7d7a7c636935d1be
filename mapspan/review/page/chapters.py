"""The review as blocks: the first screen, then a chapter for each question."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from mapspan import quantity
from mapspan.costs.prices import as_of
from mapspan.review.changes.cost_change import WORKLOAD
from mapspan.review.changes.plan import Change
from mapspan.review.changes.statement_change import StatementChange, WithheldPolicy
from mapspan.review.changes.widening import normal
from mapspan.review.changes.withheld import Unknown, plain
from mapspan.review.page.access_blocks import access_blocks
from mapspan.review.page.diagram import diagram
from mapspan.review.page.document import Block, Code, Folded, Heading, Line, Points, Table
from mapspan.review.page.first_screen import first_screen, state_words
from mapspan.review.page.wording import sentence, short
from mapspan.review.review import Review

_LONGEST = 120
_AROUND = 3
# Told in chapters of their own.
_TOLD_ELSEWHERE = {"policy", "assume_role_policy", "inline_policy", "definition"}


def chapters(found: Review) -> list[Block]:
    """The whole review."""
    blocks = [*first_screen(found)]
    if not found.changes_nothing:
        blocks += [*access_blocks(found), *_workflows(found), *_cost(found), *_statements(found), *_resources(found)]
    return blocks


def _workflows(found: Review) -> Iterator[Block]:
    for change in found.definitions:
        yield Heading(f"The workflow `{change.address}`", 3)
        if change.withheld:
            yield Line(f"Its definition: {change.withheld}")
            continue
        yield Points(state_words(change))
        yield Code(diagram(change), "mermaid")
        if change.before is None or change.after is None:
            continue
        inside = [
            block
            for each in change.changed
            for block in (
                Line(f"**{each.name}** {each.fate}"),
                Code(json_diff(each.before, each.after, around=_AROUND), "diff"),
            )
        ]
        yield Folded("State by state", inside)


def _cost(found: Review) -> Iterator[Block]:
    cost = found.cost
    if not cost.differs:
        return
    yield Heading("What a million objects cost", 3)
    told = [each for each in (cost.before, cost.after) if each is not None]
    header = ["", *(["before"] if cost.before else []), *(["after"] if cost.after else [])]
    rows = [
        ["cost", *(quantity.format_usd(each.usd) for each in told)],
        ["time", *(quantity.format_duration(each.seconds) for each in told)],
        ["what binds", *(each.longest.bound_by for each in told)],
    ]
    yield Table(header, rows)
    yield Line(
        f"Of {quantity.format_bytes(WORKLOAD.average_bytes)} each, as `mapspan estimate` reckons, with the prices of"
        f" us-east-1 as of {as_of()}."
    )


def _statements(found: Review) -> Iterator[Block]:
    if not found.statements:
        return
    yield Heading("IAM, statement by statement", 3)
    for withheld in (each for each in found.statements if isinstance(each, WithheldPolicy)):
        yield Line(f"`{withheld.policy.address}` {withheld.policy.name}: {withheld.why}")
    told = [each for each in found.statements if isinstance(each, StatementChange)]
    by_owner: dict[str, list[StatementChange]] = {}
    for each in told:
        by_owner.setdefault(str(each.policy.owner), []).append(each)
    for owner, changes in sorted(by_owner.items(), key=lambda item: not any(each.wider for each in item[1])):
        counts = [
            (sum(each.before is None for each in changes), "added"),
            (sum(each.after is None for each in changes), "taken away"),
            (sum(each.before is not None and each.after is not None for each in changes), "changed"),
        ]
        words = ", ".join(f"{count} {what}" for count, what in counts if count)
        account = found.account(changes[0].policy.account_id)
        mark = "⚠️ " if any(each.wider for each in changes) else ""
        inside = [block for each in changes for block in _statement(each)]
        yield Folded(f"{mark}`{short(owner)}` in {account}: {words}", inside)


def _statement(change: StatementChange) -> Iterator[Block]:
    title = f"**{change.policy.name}, {change.sid or 'a statement without Sid'}**"
    flag = f" ⚠️ {'; '.join(change.wider)}" if change.wider else ""
    yield Line(title + flag)
    points = []
    if change.before is not None:
        points.append(f"before: {sentence(change.before, change.policy)}")
    if change.after is not None:
        points.append(f"after: {sentence(change.after, change.policy)}")
    elif change.before is not None:
        points.append("after: not any more")
    yield Points(points)
    yield Code(json_diff(*(None if each is None else normal(each) for each in (change.before, change.after))), "diff")


def _resources(found: Review) -> Iterator[Block]:
    """Every changed resource, with what changes about those that stay."""
    blocks: list[Block] = []
    for change in found.plan.effective:
        lines = _attributes(change) if change.action in ("update", "replace") else []
        title = f"{change.action} `{change.address}` in {found.account(change.account_id)}"
        blocks.append(Line(title) if not lines else Folded(title, [Code("\n".join(lines), "diff")]))
    if found.plan.outputs:
        blocks.append(Line("outputs that change: " + ", ".join(f"`{name}`" for name in found.plan.outputs)))
    yield Folded(f"**Every resource that changes** ({len(found.plan.effective)})", blocks)


def _attributes(change: Change) -> list[str]:
    lines = []
    for name, was, becomes in change.changed_attributes():
        if name in _TOLD_ELSEWHERE:
            lines.append(f"# {name}: see above")
        elif isinstance(becomes, Unknown) and was is None:
            continue
        else:
            lines += [f"- {name} = {_line(was)}", f"+ {name} = {_line(becomes)}"]
    return lines


def _line(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False) if not isinstance(value, str) else value
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def json_diff(before: Any, after: Any, *, around: int | None = None) -> str:
    """Two values' JSON, line by line, marked with `+` and `-`; all of it, or so many lines around what differs."""
    old, new = (_lines(each) for each in (before, after))
    if before is None or after is None:
        return "\n".join([*(f"- {line}" for line in old), *(f"+ {line}" for line in new)])
    if around is not None:
        return "\n".join(line.replace("\n", "") for line in [*difflib.unified_diff(old, new, n=around)][2:])
    return "\n".join(line for line in difflib.ndiff(old, new) if not line.startswith("?"))


def _lines(value: Any) -> list[str]:
    return [] if value is None else json.dumps(plain(value), indent=2, sort_keys=True, ensure_ascii=False).splitlines()
