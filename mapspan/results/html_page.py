"""The frame of a page: one HTML file with its style, without the network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path

from mapspan.outside_text import visible

_STYLE = Path(__file__).parent / "report.css"


def html_page(*, title: str, sections: Iterable[str], script: str = "") -> str:
    """The whole page. Its policy allows this one style and this one script, and no request to anywhere.

    `sections`: HTML; empty ones are left out.
    """
    style = _STYLE.read_text(encoding="utf-8")
    scripts = f"script-src '{_digest(script)}'; " if script else ""
    policy = f"default-src 'none'; style-src '{_digest(style)}'; {scripts}base-uri 'none'; form-action 'none'"
    main = "\n".join(section for section in sections if section)
    element = f"\n<script>{script}</script>" if script else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
<style>{style}</style>
</head>
<body>
<main>
{main}
</main>{element}
</body>
</html>
"""


def text(words: str) -> str:
    """Text of the job, of a service or of a user, with hidden characters shown."""
    return escape(visible(words))


def _digest(content: str) -> str:
    """The hash by which the page's policy allows an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
