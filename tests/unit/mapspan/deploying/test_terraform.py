"""Which terraform is called, with which environment; a missing or old one is refused in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mapspan.checkout import ROOT, CommandError
from mapspan.deploying.terraform import Terraform, check_version


def put_terraform(directory: Path, version: str, name: str = "terraform") -> None:
    program = directory / name
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


def test_every_call_goes_to_the_program_that_terraform_binary_name_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_terraform(tmp_path, "v1.9.8")
    put_terraform(tmp_path, "v1.10.6", "tofu")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    Terraform(tmp_path).init()
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "other")
    with pytest.raises(CommandError, match="other is missing: install terraform"):
        Terraform(tmp_path).init()
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "")
    with pytest.raises(CommandError, match="terraform v1"):
        Terraform(tmp_path).init()


def test_make_requires_the_program_that_terraform_binary_name_names(tmp_path: Path) -> None:
    def make(**variables: str) -> str:
        return subprocess.run(  # noqa: S603 - our own arguments
            ["make", "--silent", "prerequisites", f"PYTHON={sys.executable}"],  # noqa: S607 - the machine's make
            cwd=ROOT,
            env={"PATH": f"{tmp_path}:/bin:/usr/bin", **variables},
            capture_output=True,
            text=True,
            check=False,
        ).stderr

    put_terraform(tmp_path, "v1.10.6", "tofu")
    assert "no-such-terraform is missing" in make(TERRAFORM_BINARY_NAME="no-such-terraform")
    assert make(TERRAFORM_BINARY_NAME="tofu") == ""


def test_terraform_gets_no_arguments_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "terraform"
    program.write_text(f"#!/bin/sh\necho Terraform v1.11.4\nenv >> {tmp_path}/environment\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    for name in ("TF_CLI_ARGS", "TF_CLI_ARGS_init", "TF_CLI_ARGS_apply", "TOFU_CLI_ARGS_plan"):
        monkeypatch.setenv(name, "-target=aws_sns_topic.other")
    monkeypatch.setenv("TF_VAR_target_role_arn", "kept")
    Terraform(tmp_path).init()
    passed = (tmp_path / "environment").read_text()
    assert "CLI_ARGS" not in passed
    assert "TF_VAR_target_role_arn=kept" in passed
