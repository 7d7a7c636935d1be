"""A missing or old terraform is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapspan.checkout import CommandError
from mapspan.deploying.terraform import check_version


def put_terraform(directory: Path, version: str) -> None:
    program = directory / "terraform"
    program.write_text(f"#!/bin/sh\necho 'Terraform {version}'\n")
    program.chmod(0o755)


def test_a_missing_terraform_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match=r"terraform is missing: install terraform 1\.10 or newer"):
        check_version()


def test_an_old_terraform_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_terraform(tmp_path, "v1.9.8")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(CommandError, match=r"terraform v1\.9 is too old: install terraform 1\.10 or newer"):
        check_version()


@pytest.mark.parametrize("version", ["v1.10.0", "v1.11.4", "v2.0.0"])
def test_a_new_terraform_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    put_terraform(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    check_version()
