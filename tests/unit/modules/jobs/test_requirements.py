"""The lock of a job's packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.jobs.job_error import JobError
from modules.jobs.platform import lambda_platform, this_machine
from modules.jobs.requirements import locked_packages

HASH = "sha256:94edc256424af38762eb31306eed28beb9f0efc50a8837492c9d6fd6004aed79"
LOCK = f"""
# a comment
Pillow==13.0.0 ; python_full_version >= '3.13' \\
    --hash={HASH} \\
    --hash=sha256:0
    # via -r requirements.in
pillow==12.0.0 ; python_full_version < '3.13' --hash={HASH}
pyarrow[extra]==26.0.1 --hash={HASH}
tomli==2.0 ; platform_machine == 'x86_64' --hash={HASH}
"""


def lock(directory: Path, text: str) -> Path:
    path = directory / "requirements.txt"
    path.write_text(text)
    return path


def test_markers_are_those_of_the_platform_and_not_of_this_python(tmp_path: Path) -> None:
    path = lock(tmp_path, LOCK)
    arm, intel = (locked_packages(path, lambda_platform(name)) for name in ("arm64", "x86_64"))
    assert [str(package) for package in arm] == ["pillow 13.0.0", "pyarrow 26.0.1"]
    assert [str(package) for package in intel] == ["pillow 13.0.0", "pyarrow 26.0.1", "tomli 2.0"]
    assert arm[0].line == f"pillow==13.0.0 --hash=sha256:0 --hash={HASH}"
    assert len([package for package in locked_packages(path, this_machine()) if package.name == "pillow"]) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pyarrow==26.0.1", "pyarrow 26.0.1 has no hash"),
        (f"pyarrow>=26 --hash={HASH}", "pyarrow has no version with =="),
        (f"pyarrow==26.* --hash={HASH}", "pyarrow has no version with =="),
        (f"pyarrow --hash={HASH}", "pyarrow has no version with =="),
        (f"pyarrow @ file:///pyarrow.whl --hash={HASH}", "pyarrow has no version with =="),
        ("--index-url somewhere", "the option --index-url is not supported"),
        ("-e .", "the option -e is not supported"),
        ("./pyarrow.whl", "./pyarrow.whl is not a package of a lock"),
    ],
)
def test_what_is_not_locked_is_refused_with_the_command_that_locks_it(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(JobError, match=r"uv pip compile .*requirements\.in .*--generate-hashes") as raised:
        locked_packages(lock(tmp_path, f"{line}\n"), this_machine())
    assert message in str(raised.value)
