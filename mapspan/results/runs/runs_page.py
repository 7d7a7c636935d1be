"""The report of the last runs as one HTML page, without the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapspan.costs.prices import as_of
from mapspan.quantity import format_duration, format_usd
from mapspan.results import plot
from mapspan.results.html_page import html_page, text
from mapspan.results.ledger_text import OUTCOMES
from mapspan.results.plot import Bar
from mapspan.results.runs.run_overview import RunOverview
from mapspan.results.runs.runs_report import RunsReport, Trend

_UNKNOWN = "unknown"


def runs_page(report: RunsReport) -> str:
    """The whole page as HTML."""
    return html_page(title=report.title, sections=_sections(report))


def _sections(report: RunsReport) -> Iterator[str]:
    yield _header(report)
    yield _totals(report)
    yield _next(report)
    processed, left, took, cost = report.trends
    keys = _stacks(report.ended, ("succeeded", "skipped"))
    yield f'<div class="pair">{_trend("Keys processed", processed, keys, report)}' + (
        f"{_trend('Keys failed or never tried', left, _stacks(report.ended, ('failed', 'pending')), report)}</div>"
    )
    yield f'<div class="pair">{_trend("Duration", took, _single(took, report.ended), report)}' + (
        f"{_trend('Cost', cost, _single(cost, report.ended), report)}</div>"
    )
    yield _failures(report)
    yield _runs(report)
    yield _footer(report)


def _header(report: RunsReport) -> str:
    chips = "".join(
        f'<span class="chip {text(status)}">{runs:,} {text(status)}</span>' for status, runs in report.statuses.items()
    )
    period = f"<p>{_when(report.runs[-1])} to {_when(report.runs[0])}</p>" if report.runs else "<p>No run yet.</p>"
    return f"<header><h1>{text(report.title)}</h1>{chips}{period}</header>"


def _totals(report: RunsReport) -> str:
    totals = report.totals
    numbers = [f"<div><b>{totals['listed']:,}</b><span>listed</span></div>"]
    numbers += [
        f'<div><b>{totals[outcome]:,}</b><span><i class="{outcome}"></i>{outcome}</span></div>' for outcome in OUTCOMES
    ]
    numbers.append(f"<div><b>{format_usd(report.usd)}</b><span>cost</span></div>")
    return f'<section><h2>All runs together</h2><div class="ledger">{"".join(numbers)}</div></section>'


def _next(report: RunsReport) -> str:
    if not report.next_command:
        return ""
    return (
        '<section class="next">The newest run left keys or failed. Its report says why:'
        f' <code class="command">{text(report.next_command)}</code></section>'
    )


def _trend(title: str, trend: Trend, stacks: Sequence[Sequence[Bar]], report: RunsReport) -> str:
    if not report.ended:
        return ""
    words = ", ".join(trend.words)
    chart = plot.columns(stacks, description=f"{title}: {words}")
    oldest, newest = _when(report.ended[0]), _when(report.ended[-1])
    axis = f'<p class="axis"><span>{oldest}</span><span>{newest}</span></p>'
    return f'<section><h2>{title}</h2>{chart}{axis}<p class="total">{text(words)}</p></section>'


def _stacks(runs: Sequence[RunOverview], outcomes: Sequence[str]) -> list[list[Bar]]:
    """For each run its keys of these outcomes; nothing for a run without a ledger."""
    return [
        [
            Bar(
                label=outcome,
                value=run.ledger[outcome],
                value_text="",
                kind=outcome,
                title=f"{_label(run)}: {run.ledger[outcome]:,} {outcome}",
            )
            for outcome in outcomes
        ]
        if run.ledger
        else []
        for run in runs
    ]


def _single(trend: Trend, runs: Sequence[RunOverview]) -> list[list[Bar]]:
    return [
        []
        if value is None
        else [Bar(label="", value=value, value_text="", kind="calm", title=f"{_label(run)}: {trend.text(value)}")]
        for value, run in zip(trend.values, runs, strict=True)
    ]


def _failures(report: RunsReport) -> str:
    if not report.failures:
        return ""
    lines = "".join(
        f'<tr><td class="number">{failure.keys:,}</td><td><b>{text(failure.error)}</b></td>'
        f"<td>{failure.runs:,} {'run' if failure.runs == 1 else 'runs'}, last in"
        f" <code>{text(failure.last_run.name)}</code> of {_when(failure.last_run)}</td></tr>"
        for failure in report.failures
    )
    return (
        "<section><h2>Why keys failed</h2><table><tr><th>keys</th><th>error</th><th>in</th></tr>"
        f"{lines}</table></section>"
    )


def _runs(report: RunsReport) -> str:
    titles = ("run", "status", "started", "took", "seen", "listed", "processed", "failed", "cost", "started by")
    head = "".join(f"<th>{title}</th>" for title in titles)
    lines = "".join(f"<tr>{_cells(titles, run)}</tr>" for run in report.runs)
    return f'<section><h2>The runs</h2><table class="runs"><tr>{head}</tr>{lines}</table></section>'


def _cells(titles: Sequence[str], run: RunOverview) -> str:
    status = f'<span class="chip {text(run.status)}">{text(run.status)}</span>'
    reason = f"<br><small>{text(run.error)}</small>" if run.error else ""
    redrives = f"<br><small>redriven {run.redrives:,}x</small>" if run.redrives else ""
    cells = (
        f"<code>{text(run.name)}</code>",
        f"{status}{reason}{redrives}",
        _when(run),
        format_duration(run.seconds),
        *(_count(count) for count in (run.seen, run.listed, run.processed, run.left)),
        _UNKNOWN if run.usd is None else format_usd(run.usd),
        text(run.starter or _UNKNOWN),
    )
    return "".join(f'<td data-title="{title}">{cell}</td>' for title, cell in zip(titles, cells, strict=True))


def _count(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _label(run: RunOverview) -> str:
    return f"{run.name}, {_when(run)}"


def _when(run: RunOverview) -> str:
    return f"{run.started:%Y-%m-%d %H:%M}"


def _footer(report: RunsReport) -> str:
    return (
        f"<footer>cost {text(report.cost_terms)}, with today's function sizes and the prices of us-east-1 of {as_of()}."
        " Failed includes keys that were never tried.</footer>"
    )
