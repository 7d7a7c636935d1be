"""Packages, built by pip from wheels of the tests' own."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from modules.jobs import build as build_file
from modules.jobs.build import build, job_package
from modules.jobs.job import Job, find_job
from modules.jobs.job_error import JobError
from modules.jobs.platform import lambda_platform
from tests.fixtures.wheels import write_wheel

LAMBDA = lambda_platform("arm64")
# What distinguishes one machine's installation from another's: a script contains the path of its Python.
SCRIPT = {"fast-1.0.dist-info/entry_points.txt": b"[console_scripts]\nfast = fast:main\n"}
FAST = {"fast/__init__.py": b"def main(): ...\n", "fast/_fast.so": b"\x7fELF", "fast/data.json": b"{}", **SCRIPT}


class Workshop:
    """A job with a lock, the wheels that pip finds, and a cache."""

    def __init__(self, directory: Path) -> None:
        self.wheels, self.builds = directory / "wheels", directory / "builds"
        self.directory = directory / "columns"
        self.directory.mkdir()
        (self.directory / "job.py").write_text("def process(obj): ...\n")
        self.reports: list[str] = []

    @property
    def job(self) -> Job:
        return find_job(self.directory)

    def lock(self, *lines: str) -> None:
        (self.directory / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))

    def wheel(
        self, name: str, files: dict[str, bytes], *, tag: str = "py3-none-any", needs: tuple[str, ...] = ()
    ) -> str:
        return write_wheel(self.wheels, name, files, tag=tag, needs=needs)

    def build(self) -> Path:
        return build(self.job, LAMBDA, report=self.reports.append, builds=self.builds)

    def package(self) -> bytes:
        return job_package(self.job, LAMBDA, report=self.reports.append, builds=self.builds)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    workshop = Workshop(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(workshop.wheels))
    return workshop


def names(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_a_package_has_the_worker_the_job_and_its_packages(workshop: Workshop) -> None:
    # Measured: to pip, manylinux_2_28 alone would not include this wheel's older platform.
    workshop.lock(workshop.wheel("fast", FAST, tag="cp313-cp313-manylinux_2_17_aarch64"))
    built = names(workshop.build())
    assert {"process_objects/handler.py", "lambdas/shared/child_input.py", "job.py"} <= built
    assert {"fast/__init__.py", "fast/_fast.so", "fast/data.json", "fast-1.0.dist-info/METADATA"} <= built
    assert not {name for name in built if name.startswith("bin/") or name.endswith(("RECORD", "INSTALLER", ".pyc"))}
    assert workshop.reports == ["Installing fast 1.0 for Lambda (arm64, Python 3.13) ..."]


def test_a_changed_job_installs_nothing_and_the_same_job_builds_nothing(workshop: Workshop) -> None:
    workshop.lock(workshop.wheel("fast", FAST))
    first, content = workshop.build(), workshop.package()
    workshop.wheels.rename(workshop.wheels.with_name("gone"))
    assert workshop.build() == first
    (workshop.directory / "table.csv").write_text("a\n")
    changed = workshop.package()
    assert workshop.build() != first
    assert len(workshop.reports) == 1
    added = set(zipfile.ZipFile(io.BytesIO(changed)).namelist()) - set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    assert added == {"table.csv"}


def test_two_caches_hold_the_same_package(workshop: Workshop, tmp_path: Path) -> None:
    workshop.lock(workshop.wheel("fast", FAST))
    package = workshop.package()
    assert job_package(workshop.job, LAMBDA, report=print, builds=tmp_path / "elsewhere") == package


def test_a_build_that_another_one_overtakes_uses_what_that_one_built(workshop: Workshop) -> None:
    workshop.lock(workshop.wheel("fast", FAST))
    overtaking: list[Path] = []

    def overtake(_: str) -> None:
        overtaking.append(workshop.build())

    built = build(workshop.job, LAMBDA, report=overtake, builds=workshop.builds)
    assert overtaking == [built]
    assert {path.name.partition("-")[0] for path in workshop.builds.iterdir()} == {"packages", built.name}


def test_a_package_without_a_wheel_for_lambda_is_named(workshop: Workshop) -> None:
    workshop.lock(workshop.wheel("fast", FAST, tag="cp313-cp313-win_amd64"))
    with pytest.raises(JobError, match=r"fast 1\.0 has no wheel for Lambda \(arm64, Python 3\.13\)"):
        workshop.build()
    assert not list(workshop.builds.iterdir()), "a build that failed leaves nothing behind"


def test_a_wheel_whose_hash_is_not_locked_is_named(workshop: Workshop) -> None:
    workshop.wheel("fast", FAST)
    workshop.lock(f"fast==1.0 --hash=sha256:{'0' * 64}")
    with pytest.raises(JobError, match=r"the wheel of fast 1\.0 for .* has none of its hashes: lock it again with"):
        workshop.build()


def test_a_lock_that_lacks_what_a_package_needs_is_refused(workshop: Workshop) -> None:
    needs = ("numbers-fast>=1", 'tomli; python_version < "3.13"', "boto3", 'docs; extra == "docs"')
    workshop.lock(workshop.wheel("fast", FAST, needs=needs))
    with pytest.raises(JobError, match="fast needs numbers-fast, which is not in it"):
        workshop.build()


def test_a_file_that_would_hide_a_package_is_refused(workshop: Workshop) -> None:
    workshop.lock(workshop.wheel("fast", FAST))
    (workshop.directory / "fast.py").write_text("")
    with pytest.raises(JobError, match=r"fast\.py would hide the package fast"):
        workshop.build()


def test_what_exceeds_lambdas_limit_names_the_largest_and_the_image(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_file, "UNZIPPED_LIMIT_MB", 1)
    (workshop.directory / "model.bin").write_bytes(bytes(2 * 1024 * 1024))
    with pytest.raises(JobError, match=r"is 2 MB .* at most 1 MB unzipped \(largest: model\.bin 2 MB, .*`image`"):
        workshop.build()
