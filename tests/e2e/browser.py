"""Measures a page as a real browser lays it out: Debian's chromium, headless."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not on the PATH, so the page is not checked (apt-get install chromium)"
)

_OFFLINE = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")
# Put into a copy of the page, whose policy allows it.
_MEASURE = """{
const box = e => e.getBoundingClientRect();
const width = name => { const bar = document.querySelector(`svg rect.${name}`); return bar ? box(bar).width : 0; };
const holdsText = e => [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim());
const block = e => getComputedStyle(e).display.startsWith("inline") ? block(e.parentElement) : e;
const range = document.createRange();
const cut = [...document.body.querySelectorAll("*")].filter(e => {
  if (!holdsText(e) || e.closest("svg, script") || !box(e).width) return false;
  range.selectNodeContents(e);
  const [inner, outer] = [range.getBoundingClientRect(), box(block(e))];
  return block(e).scrollWidth > block(e).clientWidth || inner.left < outer.left - 1 || inner.right > outer.right + 1
    || outer.right > innerWidth;
}).map(e => e.textContent);
const input = document.querySelector("#search input");
const rows = () => [...document.querySelectorAll("#failed-keys tr")].filter(row => !row.hidden).length;
const search = words => { input.value = words; input.dispatchEvent(new Event("input")); return rows(); };
parent.document.body.setAttribute("data-measured", JSON.stringify({
  requests: performance.getEntriesByType("resource").map(each => each.name),
  heading: document.querySelector("h1").innerText,
  plots: [...document.querySelectorAll("svg")].filter(plot => box(plot).width > 100 && box(plot).height > 10).length,
  overflows: document.documentElement.scrollWidth > innerWidth,
  cut,
  found: input && box(input).width ? Object.fromEntries(SEARCHES.map(words => [words, search(words)])) : null,
  ground: getComputedStyle(document.body).backgroundColor,
  ledger: {succeeded: width("succeeded"), skipped: width("skipped"), failed: width("failed"),
    pending: width("pending")},
}));
}"""


def measured(
    page: Path, scratch: Path, *, width: int, dark: bool = False, searches: Sequence[str] = ()
) -> dict[str, Any]:
    """Measurements of the page in a window of this width, in pixels.

    Returns: requests, heading, plots, overflows, cut (texts that leave their element), found (the rows that each search
    leaves), ground (the page's colour), ledger (widths of its parts).
    """
    copy = scratch / "measured.html"
    script = f"const SEARCHES = {json.dumps(list(searches))};{_MEASURE}"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    html_text = page.read_text(encoding="utf-8")
    if "script-src " not in html_text:  # a page without a script
        html_text = html_text.replace("base-uri ", "script-src ; base-uri ", 1)
    html_text = html_text.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    measuring = html_text.replace("</body>", f"<script>{script}</script></body>")
    copy.write_text(_framed(measuring, width, 900), encoding="utf-8")
    dom = _chromium(scratch, "--window-size=1600,1000", *_scheme(dark), "--dump-dom", copy.as_uri())
    match = re.search(r'data-measured="([^"]*)"', dom)
    assert match, f"the page was not laid out: {dom[:500]}"
    seen: dict[str, Any] = json.loads(html.unescape(match[1]))
    return seen


def picture(page: Path, scratch: Path, target: Path, *, width: int, height: int, dark: bool) -> None:
    """Write a picture of the page's top."""
    # A window narrower than 500 pixels is laid out as 500, so a phone's page is in a frame.
    copy = scratch / "framed.html"
    copy.write_text(_framed(page.read_text(encoding="utf-8"), width, height), encoding="utf-8")
    size = f"--window-size={max(width, 500)},{height}"
    _chromium(scratch, size, *_scheme(dark), "--hide-scrollbars", f"--screenshot={target}", copy.as_uri())


def sheets(page: Path, scratch: Path) -> int:
    """The number of sheets that the page fills when it is printed."""
    target = scratch / "printed.pdf"
    _chromium(scratch, "--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri())
    return len(re.findall(rb"/Type /Page\b(?!s)", target.read_bytes()))


def _framed(page: str, width: int, height: int) -> str:
    """The page in a frame of this size: chromium lays out no window narrower than 500 pixels."""
    frame = f'<iframe srcdoc="{html.escape(page)}" style="border: 0; width: {width}px; height: {height}px"></iframe>'
    return f'<!doctype html><meta charset="utf-8"><body style="margin: 0; background: #888">{frame}</body>'


def _scheme(dark: bool) -> tuple[str, ...]:
    return (f"--blink-settings=preferredColorScheme={0 if dark else 1}",)


def _chromium(scratch: Path, *arguments: str) -> str:
    assert CHROMIUM
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={scratch / 'profile'}")
    done = subprocess.run(  # noqa: S603 - a browser on a page of our own
        [CHROMIUM, *flags, *_OFFLINE, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
