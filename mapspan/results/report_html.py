"""A report as one page: no script, nothing from the network, readable for as long as there are browsers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

from mapspan import quantity
from mapspan.costs.prices import as_of
from mapspan.results import plot
from mapspan.results.failure_causes import FailureCause
from mapspan.results.plot import Bar
from mapspan.results.report import Report

_STYLE = Path(__file__).with_name("report.css")
_COST_ROWS = 8


def page(found: Report) -> str:
    """The whole page as HTML."""
    run = found.run
    parts = "\n".join(part for part in _parts(found) if part)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(run.name)}: {escape(run.status)}</title>
<style>
{_STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
{parts}
</main>
</body>
</html>
"""


def _parts(found: Report) -> Iterator[str]:
    yield _header(found)
    yield _ledger(found)
    yield _next(found)
    yield f'<div class="pair"><div>{_time(found)}{_sizes(found)}</div>{_money(found)}</div>'
    yield _failures(found.results.causes.by_keys())
    yield _notes(found)
    yield _footer(found)


def _header(found: Report) -> str:
    run = found.run
    reason = f"<p>{escape(': '.join(part for part in (run.error, run.cause) if part))}</p>" if run.error else ""
    return (
        f'<header><h1>{escape(run.name)}</h1><span class="chip {escape(run.status)}">{escape(run.status)}</span>'
        f"<p>environment {escape(found.environment)}, {run.started:%Y-%m-%d %H:%M:%S} to"
        f" {run.stopped:%Y-%m-%d %H:%M:%S %Z}</p>{reason}</header>"
    )


def _ledger(found: Report) -> str:
    ledger = found.ledger
    numbers = [f"<div><b>{ledger['listed']:,}</b><span>listed</span></div>"]
    bars = []
    for name in ("succeeded", "failed", "pending"):
        numbers.append(f'<div><b>{ledger[name]:,}</b><span><i class="{name}"></i>{name}</span></div>')
        share = ledger[name] / ledger["listed"] if ledger["listed"] else 0
        bars.append(Bar(label=name, value=ledger[name], shown=f"{ledger[name]:,} ({share:.2%})", kind=name))
    told = f'<div class="ledger">{"".join(numbers)}</div>'
    return f"<section><h2>What became of every key</h2>{told}{plot.stacked(bars)}</section>"


def _next(found: Report) -> str:
    if not found.retry_command:
        return ""
    ledger = found.ledger
    left = {"failed": ledger["failed"], "were never tried": ledger["pending"]}
    told = " and ".join(f"{keys:,} {words}" for words, keys in left.items() if keys)
    what = f"Of the keys {told}. A run of only them" if found.run.listing_finished else "The same run once more"
    return f'<section class="next">{what}: <code>{escape(found.retry_command)}</code></section>'


def _time(found: Report) -> str:
    bars = [
        Bar(label=name, value=seconds, shown=quantity.format_duration(seconds), kind="calm")
        for name, seconds in found.stages
    ]
    rate = f", <b>{found.keys_per_second:,.0f}</b> keys a second processed" if found.keys_per_second else ""
    total = f'<p class="total"><b>{quantity.format_duration(found.run.seconds)}</b> in all{rate}</p>'
    return f"<section><h2>Where the time went</h2>{plot.timeline(bars)}{total}</section>"


def _money(found: Report) -> str:
    costs = sorted((cost for cost in found.costs if cost.usd > 0), key=lambda cost: -cost.usd)[:_COST_ROWS]
    bars = [
        Bar(
            label=cost.name.replace("Step Functions: ", ""),
            value=cost.usd,
            shown=quantity.format_usd(cost.usd),
            kind="calm",
            title=f"{cost.name}: {cost.quantity}",
        )
        for cost in costs
    ]
    total = (
        f'<p class="total"><b>{quantity.format_usd(found.usd)}</b> {found.cost_words}, by the prices of us-east-1 of'
        f" {as_of()}</p>"
    )
    return f"<section><h2>What it cost</h2>{plot.rows(bars)}{total}</section>"


def _failures(causes: list[FailureCause]) -> str:
    if not causes:
        return ""
    lines = "".join(
        f'<tr><td class="number">{cause.keys:,}</td><td><b>{escape(cause.error)}</b><br>{escape(cause.words)}</td>'
        f"<td>{''.join(_key(example.key, example.cause) for example in cause.examples)}</td></tr>"
        for cause in causes
    )
    return (
        "<section><h2>Why keys failed</h2><table><tr><th>keys</th><th>cause</th><th>such as</th></tr>"
        f"{lines}</table></section>"
    )


def _key(key: str, cause: str) -> str:
    """Odd characters are written as JSON writes them, so that a key can be told from another."""
    return f'<code title="{escape(cause)}">{escape(json.dumps(key, ensure_ascii=False)[1:-1])}</code>'


def _sizes(found: Report) -> str:
    sizes = found.results.sizes
    if not sizes:
        return ""
    bars = [
        Bar(
            label=_size_label(digits),
            value=sizes[digits],
            shown=quantity.format_short_count(sizes[digits]) if sizes[digits] else "",
            kind="succeeded",
            title=f"{sizes[digits]:,} objects of less than {_size_label(digits)}",
        )
        for digits in range(min(sizes), max(sizes) + 1)
    ]
    total = f'<p class="total"><b>{quantity.format_bytes(found.results.size_bytes)}</b> in all</p>'
    return f"<section><h2>Objects processed, by size in bytes: less than</h2>{plot.columns(bars)}{total}</section>"


def _size_label(digits: int) -> str:
    """The sizes of so many binary digits are less than this."""
    power = 2**digits
    for unit, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if power >= size:
            return f"{power // size}{unit}"
    return str(power)


def _notes(found: Report) -> str:
    if not found.notes:
        return ""
    items = "".join(f"<li>{escape(note[0].upper() + note[1:])}.</li>" for note in found.notes)
    return f"<section><h2>To bear in mind</h2><ul>{items}</ul></section>"


def _footer(found: Report) -> str:
    link = f' <a href="{escape(found.console_url)}">AWS console</a>' if found.console_url else ""
    given = f"input <code>{escape(json.dumps(found.run.run_input))}</code>"
    return f"<footer>{escape(found.run.arn)}<br>{given}{link}</footer>"
