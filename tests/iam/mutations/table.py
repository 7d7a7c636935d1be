"""The table of the widenings in docs/mutations.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mapspan.checkout import ROOT
from tests.iam.mutations.expectation import Expectation
from tests.iam.mutations.trial import Trial, fingerprint
from tests.iam.mutations.widening import widenings

PAGE = ROOT / "docs" / "mutations.md"
HEAD = "| statements of | statements | resources | conditions | principals | denials | actions | harmless | missed |"
KINDS = ("resource", "condition", "principal", "denial", "action")
_TABLE = re.compile(rf"{re.escape(HEAD)}\n(?:\|.*\n)+")


@dataclass(frozen=True)
class Row:
    """One expectation's widenings: how many statements, and how many widenings of each kind."""

    name: str
    statements: int
    tried: Counter[str]
    harmless: int
    missed: int

    @classmethod
    def of(cls, name: str, trials: Sequence[Trial]) -> Row:
        tried: Counter[str] = sum((trial.tried for trial in trials), Counter())
        harmless, missed = sum(trial.harmless for trial in trials), sum(len(trial.missed) for trial in trials)
        return cls(name, len(trials), tried, harmless, missed)

    def __str__(self) -> str:
        counts = [self.statements, *(self.tried[kind] for kind in KINDS), self.harmless, self.missed]
        return f"| {self.name} | {' | '.join(f'{count:,}' for count in counts)} |"


def write(rows: Sequence[Row]) -> None:
    """Put the rows into the page, with their sum."""
    tried: Counter[str] = sum((row.tried for row in rows), Counter())
    total = Row(
        "all",
        sum(row.statements for row in rows),
        tried,
        sum(row.harmless for row in rows),
        sum(row.missed for row in rows),
    )
    lines = [HEAD, "| --- |" + " ---: |" * (len(KINDS) + 3), *map(str, [*rows, total])]
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: "\n".join(lines) + "\n", text, count=1), encoding="utf-8")


def expected_rows(expectations: Sequence[Expectation]) -> list[tuple[str, int, dict[str, int]]]:
    """What the table must say of each expectation, without trying: its statements and its widenings except actions."""
    seen: set[str] = set()
    rows = []
    for expectation in expectations:
        count, tried = 0, Counter[str]()
        for location, statement in expectation.accounts.statements():
            one = fingerprint(location, statement)
            if location.owner in expectation.owners and one not in seen:
                seen.add(one)
                count += 1
                tried.update(widening.kind for widening in widenings(statement))
        rows.append((expectation.name, count, dict(tried)))
    return rows


def written_rows() -> list[tuple[str, int, dict[str, int], int]]:
    """The rows of the page, without the sum: name, statements, widenings except actions, missed."""
    match = _TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert match, "docs/mutations.md has no table of widenings"
    rows = []
    for line in match.group().splitlines()[2:-1]:
        name, *numbers = (cell.strip() for cell in line.strip("|").split("|"))
        statements, *counts, _, _, missed = (int(number.replace(",", "")) for number in numbers)
        tried = {kind: count for kind, count in zip(KINDS, counts, strict=False) if count}
        rows.append((name, statements, tried, missed))
    return rows
