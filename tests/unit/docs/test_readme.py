"""README is short, and shows the code as it is."""

from __future__ import annotations

import re

from mapspan.checkout import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_has_at_most_150_lines() -> None:
    assert len(README.splitlines()) <= 150


def test_the_readme_shows_the_processor_as_it_is() -> None:
    processor = (ROOT / "examples" / "jobs" / "checksum" / "job.py").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    signature, *body = example.splitlines()
    assert f"\n{signature}" in processor
    assert [line for line in body if f"{line}\n" not in processor] == []
