"""The example of docs/jobs.md works: its test passes on its job."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lambdas.job import Skip
from lambdas.job.local import local_object
from mapspan.checkout import ROOT

PAGE = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's example, as the module that its test imports."""
    source, _ = examples()
    module = ModuleType("job")
    exec(source, vars(module))  # noqa: S102 # our own page
    monkeypatch.setitem(sys.modules, "job", module)
    return module


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.usefixtures("job")
def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    _, source = examples()
    test = ModuleType("test_job")
    exec(source, vars(test))  # noqa: S102 # our own page
    test.test_the_total_is_rounded(tmp_path)


def test_the_job_of_the_page_skips_other_keys(job: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(Skip):
        job.process(local_object(tmp_path / "a.txt"))
