"""Measures a page as a real browser lays it out: Debian's chromium, headless."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not on the PATH, so the page is not checked (apt-get install chromium)"
)

_OFFLINE = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")
# Put into a copy of the page: the page itself has no script.
_MEASURE = """
<script>
const box = e => e.getBoundingClientRect();
const width = name => { const bar = document.querySelector(`svg rect.${name}`); return bar ? box(bar).width : 0; };
const cut = [...document.querySelectorAll("svg text")].filter(text => {
  const [inner, outer] = [box(text), box(text.ownerSVGElement)];
  return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1;
}).map(text => text.textContent);
document.body.setAttribute("data-measured", JSON.stringify({
  requests: performance.getEntriesByType("resource").map(each => each.name),
  heading: document.querySelector("h1").innerText,
  plots: [...document.querySelectorAll("svg")].filter(plot => box(plot).width > 100 && box(plot).height > 10).length,
  overflows: document.documentElement.scrollWidth > innerWidth,
  cut,
  ledger: {succeeded: width("succeeded"), skipped: width("skipped"), failed: width("failed"),
    pending: width("pending")},
}));
</script>
"""


def measured(page: Path, scratch: Path, *, width: int) -> dict[str, Any]:
    """Measurements of the page in a window of this width, in pixels.

    Returns: requests, heading, plots, overflows, cut (words that leave their plot), ledger (widths of its parts).
    """
    copy = scratch / "measured.html"
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{_MEASURE}</body>"), encoding="utf-8")
    dom = _chromium(scratch, f"--window-size={width},900", "--dump-dom", copy.as_uri())
    match = re.search(r'data-measured="([^"]*)"', dom)
    assert match, f"the page was not laid out: {dom[:500]}"
    seen: dict[str, Any] = json.loads(html.unescape(match[1]))
    return seen


def _chromium(scratch: Path, *arguments: str) -> str:
    assert CHROMIUM
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={scratch / 'profile'}")
    done = subprocess.run(  # noqa: S603 - a browser on a page of our own
        [CHROMIUM, *flags, *_OFFLINE, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
