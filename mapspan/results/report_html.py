"""A report as one HTML page, without the network."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from mapspan import quantity
from mapspan.costs.prices import as_of
from mapspan.outside_text import shorten_middle, visible
from mapspan.results import plot
from mapspan.results.chain.chain import retried
from mapspan.results.failure_causes import Example, FailureCause
from mapspan.results.html_page import html_page, text
from mapspan.results.ledger_text import ledger_line, remainder_phrase, shares
from mapspan.results.plot import Bar
from mapspan.results.report import Report

_HERE = Path(__file__).parent
_COST_ROWS = 8
_LISTED_KEYS = 1_000  # some 300 kB: a phone opens it at once
_CAUSE_LENGTH = 2_000


def page(report: Report) -> str:
    """The whole page as HTML."""
    run = report.run
    script = (_HERE / "report.js").read_text(encoding="utf-8")
    return html_page(title=f"{run.name}: {run.status}", sections=_sections(report), script=script)


def _sections(report: Report) -> Iterator[str]:
    yield _header(report)
    yield _ledger(report)
    yield _next(report)
    yield _chain(report)
    yield f'<div class="pair"><div>{_time(report)}{_sizes(report)}</div>{_money(report)}</div>'
    yield _failures(report)
    yield _failed_keys(report)
    yield _skips(report.results.skips)
    yield _notes(report)
    yield _footer(report)


def _header(report: Report) -> str:
    run = report.run
    reason = ": ".join(part for part in (run.error, run.cause) if part)
    reason_line = f"<p>{text(shorten_middle(reason, _CAUSE_LENGTH))}</p>" if run.error else ""
    return (
        f'<header><h1>{escape(run.name)}</h1><span class="chip {escape(run.status)}">{escape(run.status)}</span>'
        f"<p>environment {escape(report.environment)}, {run.started:%Y-%m-%d %H:%M:%S} to"
        f" {run.stopped:%Y-%m-%d %H:%M:%S %Z}</p>{reason_line}</header>"
    )


def _ledger(report: Report) -> str:
    ledger = report.ledger
    numbers = [f"<div><b>{ledger['listed']:,}</b><span>listed</span></div>"]
    bars = []
    for outcome, share in shares(ledger).items():
        keys = f"{ledger[outcome]:,}"
        numbers.append(f'<div><b>{keys}</b><span><i class="{outcome}"></i>{outcome}</span></div>')
        bars.append(Bar(label=outcome, value=ledger[outcome], value_text=f"{keys} ({share:.2%})", kind=outcome))
    table = f'<div class="ledger">{"".join(numbers)}</div>'
    return f"<section><h2>What happened to every key</h2>{table}{plot.stacked(bars)}</section>"


def _next(report: Report) -> str:
    command = report.redrive_command or report.retry_command
    if not command:
        return ""
    action = "Start the same run again"
    if report.redrive_command:
        action = "The Map Run may not have read every key. Continue it"
    elif report.run.listing_finished:
        action = f"Keys to retry: {remainder_phrase(report.ledger)}. Process only them"
    return f'<section class="next">{action}: <code class="command">{escape(command)}</code></section>'


def _chain(report: Report) -> str:
    chain = report.chain
    if not chain:
        return ""
    rows = "".join(
        f"<tr><td>{f'<b>{text(run.name)}</b>' if run.name == report.run.name else text(run.name)}</td>"
        f"<td>{escape(retried(run) or 'the first run')}</td>"
        f"<td>{escape(run.status)}{f'<br>{ledger_line(run.ledger)}' if run.ledger else ''}</td></tr>"
        for run in (chain.runs if len(chain.runs) > 1 else ())
    )
    table = f"<table><tr><th>run</th><th>what it retried</th><th>status and ledger</th></tr>{rows}</table>"
    notes = "".join(f"<br>{text(note[0].upper() + note[1:])}." for note in chain.notes)
    total = f'<p class="total">Together, each key once: <b>{text(chain.sum_line)}</b>{notes}</p>'
    return f"<section><h2>The run and its retries</h2>{table if rows else ''}{total}</section>"


def _time(report: Report) -> str:
    bars = [
        Bar(label=name, value=seconds, value_text=quantity.format_duration(seconds), kind="calm")
        for name, seconds in report.stages
    ]
    rate = f", <b>{report.keys_per_second:,.0f}</b> keys a second" if report.keys_per_second else ""
    total = f'<p class="total"><b>{quantity.format_duration(report.run.seconds)}</b> in total{rate}</p>'
    return f"<section><h2>Time</h2>{plot.timeline(bars)}{total}</section>"


def _money(report: Report) -> str:
    costs = sorted((cost for cost in report.costs if cost.usd > 0), key=lambda cost: -cost.usd)[:_COST_ROWS]
    bars = [
        Bar(
            label=cost.name.replace("Step Functions: ", ""),
            value=cost.usd,
            value_text=quantity.format_usd(cost.usd),
            kind="calm",
            title=f"{cost.name}: {cost.quantity}",
        )
        for cost in costs
    ]
    total = (
        f'<p class="total"><b>{quantity.format_usd(report.usd)}</b> {report.cost_terms} and the prices of us-east-1 of'
        f" {as_of()}</p>"
    )
    return f"<section><h2>Cost</h2>{plot.rows(bars)}{total}</section>"


def _failures(report: Report) -> str:
    if not report.failed_keys_command:
        return ""
    lines = "".join(
        f'<tr><td class="number">{cause.keys:,}</td><td><b>{text(cause.error)}</b><br>{text(cause.words)}</td>'
        f"<td>{''.join(_example(example, cause) for example in cause.examples)}</td></tr>"
        for cause in report.results.causes.by_keys()
    )
    return (
        "<section><h2>Why keys failed</h2><table><thead><tr><th>keys</th><th>cause</th><th>examples</th></tr></thead>"
        f'{lines}</table><p class="total">Logs: <code class="command">{escape(report.logs_command or "")}</code></p>'
        f'<p class="total">Every key as JSON: <code class="command">{escape(report.failed_keys_command)}</code></p>'
        "</section>"
    )


def _failed_keys(report: Report) -> str:
    """The failed keys, as a table that a script narrows down. Without scripts, the browser's own search finds them."""
    failed = report.results.ledger["failed"]
    if not failed:
        return ""
    lines = "".join(
        f"<tr><td>{_code(key.key)}</td><td><b>{text(key.error)}</b><br>"
        f"{text(shorten_middle(key.cause, _CAUSE_LENGTH))}"
        f"{f'<br><small>{text(key.request_id)}</small>' if key.request_id else ''}</td></tr>"
        for key in itertools.islice(report.files.failed_keys(), _LISTED_KEYS)
    )
    shown = f"first {_LISTED_KEYS:,} of {failed:,} failed keys" if failed > _LISTED_KEYS else f"{failed:,} failed keys"
    return (
        f'<section class="keys"><h2>{shown[0].upper() + shown[1:]}</h2><p id="search" hidden>'
        '<label>Search <input type="search" placeholder="key, cause or request id" autocomplete="off"></label> '
        f"<output></output></p>"
        f'<div class="scroll"><table id="failed-keys"><tbody>{lines}</tbody></table></div></section>'
    )


def _skips(skips: Mapping[str, int]) -> str:
    if not skips:
        return ""
    lines = "".join(
        f'<tr><td class="number">{keys:,}</td><td>{text(reason)}</td></tr>' for reason, keys in skips.items()
    )
    return (
        f"<section><h2>Why keys were skipped</h2><table><thead><tr><th>keys</th><th>reason</th></tr></thead>"
        f"{lines}</table></section>"
    )


def _code(key: str) -> str:
    """A key with its unusual characters escaped as in JSON, so that no two keys look the same."""
    return f"<code>{escape(visible(json.dumps(key, ensure_ascii=False)[1:-1]))}</code>"


def _example(example: Example, cause: FailureCause) -> str:
    """A key, and its own cause if the words that all causes share leave something out."""
    own = "" if example.cause == cause.words else f'<span class="own">{text(example.cause)}</span>'
    return f"{_code(example.key)}{own}"


def _sizes(report: Report) -> str:
    sizes = report.results.sizes
    if not sizes:
        return ""
    bars = [
        Bar(
            label=_size_label(digits),
            value=sizes[digits],
            value_text=quantity.format_short_count(sizes[digits]),
            kind="calm",
            title=f"{sizes[digits]:,} objects smaller than {_size_label(digits)} bytes",
        )
        for digits in sorted(sizes)
    ]
    total = f'<p class="total"><b>{quantity.format_bytes(report.results.size_bytes)}</b> in total</p>'
    return f"<section><h2>Processed objects by size in bytes: smaller than</h2>{plot.rows(bars)}{total}</section>"


def _size_label(digits: int) -> str:
    """The size in bytes that is too large for this many binary digits."""
    power = 2**digits
    for unit, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if power >= size:
            return f"{power // size}{unit}"
    return str(power)


def _notes(report: Report) -> str:
    if not report.notes:
        return ""
    items = "".join(f"<li>{escape(note[0].upper() + note[1:])}.</li>" for note in report.notes)
    return f"<section><h2>Notes</h2><ul>{items}</ul></section>"


def _footer(report: Report) -> str:
    pages = (("Execution", report.console_url), ("Log", report.logs_url))
    links = "".join(
        f'<br><a href="{escape(url)}" rel="noreferrer">{name} in the AWS console</a>' for name, url in pages if url
    )
    run_input = f"input <code>{escape(json.dumps(report.run.run_input))}</code>"
    if report.run.started_by:
        run_input += f", started by {text(report.run.started_by)}"
    return f"<footer>{escape(report.run.arn)}<br>{run_input}{links}</footer>"
