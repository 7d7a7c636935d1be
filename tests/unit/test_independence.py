"""The tests depend on nothing that belongs to the user of a checkout: `environments/*.toml` and `jobs/`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from environments.directory import DIRECTORY
from mapspan.checkout import ROOT
from tests import ENVIRONMENTS

USERS = ("environments", "jobs")


def test_the_tests_and_the_programs_that_they_start_read_environments_of_the_suite() -> None:
    program = "from environments.directory import DIRECTORY; print(DIRECTORY)"
    started = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 # our code
    assert ENVIRONMENTS == DIRECTORY
    assert started.stdout == f"{ENVIRONMENTS}\n"


def test_no_test_builds_the_path_of_a_users_file() -> None:
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.name != "pages.py"]  # which reads jobs/README.md
    wrong = [f"{path.relative_to(ROOT)}:{line}" for path in files for line in users_paths(path.read_text())]
    assert wrong == [], "use tests.ENVIRONMENTS, or examples/jobs/checksum, or a directory of the test's own"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('ROOT / "environments" / "dev.toml"', [1]),
        ('x = 1\n(mapspan.checkout.ROOT / "jobs").iterdir()', [2]),
        ('Path("environments/dev.toml").read_text()', [1]),
        ('open("jobs/mine/job.py")', [1]),
        ('ROOT.joinpath("environments")', [1]),
        ('Path(__file__).parents[2] / "jobs"', [1]),
        ('ROOT / "examples" / "jobs"', []),
        ('tmp_path / "environments"', []),
        ('assert error.startswith("environments/dev.toml: ")', []),
    ],
)
def test_the_path_of_a_users_file_is_found(source: str, lines: list[int]) -> None:
    assert list(users_paths(source)) == lines


def users_paths(source: str) -> Iterator[int]:
    """The lines that build a path below `environments` or `jobs` of the checkout."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.BinOp(left=base, op=ast.Div(), right=ast.Constant(value=str(name))):
                users = _is_users(name) and _is_checkout(base)
            case ast.Call(
                func=ast.Name(id="Path" | "open") | ast.Attribute(attr="joinpath"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                users = _is_users(name)
            case _:
                continue
        if users:
            yield node.lineno


def _is_users(path: str) -> bool:
    return path.partition("/")[0] in USERS


def _is_checkout(base: ast.expr) -> bool:
    """Whether an expression is the checkout's directory: a constant ROOT, or a place relative to a file."""
    text = ast.unparse(base)
    return not isinstance(base, ast.BinOp) and (text.endswith("ROOT") or "__file__" in text)
