"""The kept lock file reaches every stack, and then `terraform init` may not change it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from environments.directory import DIRECTORY
from mapspan.checkout import CommandError
from mapspan.deploying import cdktf_command
from mapspan.deploying.terraform import Terraform
from modules import provider_lock
from modules.provider_lock import copy_lock_file
from tests.fixtures.fake_terraform import calls, put_terraform
from tests.fixtures.synthesized_stack import synthesize

NAME = ".terraform.lock.hcl"


@pytest.fixture
def lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kept lock file, not yet written."""
    file = tmp_path / "terraform.lock.hcl"
    monkeypatch.setattr(provider_lock, "LOCK_FILE", file)
    return file


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    for name in ("dev", "prod"):
        synthesize(tmp_path / "out" / "stacks" / name)
    return tmp_path / "out" / "stacks"


def test_the_lock_file_is_kept_beside_the_environments() -> None:
    assert provider_lock.LOCK_FILE.parent == DIRECTORY


def test_every_stack_gets_a_copy_that_replaces_its_own(lock_file: Path, stacks: Path) -> None:
    lock_file.write_text("kept")
    (stacks / "dev" / NAME).write_text("written by an earlier init")
    copy_lock_file(stacks.parent)
    assert {file.parent.name: file.read_text() for file in stacks.rglob(NAME)} == {"dev": "kept", "prod": "kept"}


def test_without_a_kept_lock_file_each_stacks_own_stays(lock_file: Path, stacks: Path) -> None:
    assert not lock_file.exists()
    (stacks / "dev" / NAME).write_text("written by an earlier init")
    copy_lock_file(stacks.parent)
    assert [file.read_text() for file in stacks.rglob(NAME)] == ["written by an earlier init"]


def test_init_may_write_the_lock_file_only_if_none_is_kept(
    lock_file: Path, stacks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_terraform(stacks.parent, monkeypatch)
    monkeypatch.setenv("PATH", f"{stacks.parent}:/bin:/usr/bin")
    Terraform(stacks / "dev").init()
    lock_file.touch()
    Terraform(stacks / "dev").init()
    first, second = calls(stacks, "init")
    assert "-lockfile" not in first
    assert "-lockfile=readonly" in second.split()


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("checksums recorded in the dependency lock\nfile.", True),
        ("Could not retrieve the list: locked provider hashicorp/aws 5.99.0 does not match", True),
        ("No valid credential sources found", False),
    ],
)
def test_a_provider_that_is_not_in_the_kept_file_names_the_file(
    lock_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str, hint: bool
) -> None:
    (tmp_path / "message").write_text(message)
    program = tmp_path / "terraform"
    program.write_text(f"""#!/bin/sh
if [ "$1" = version ]; then echo Terraform v1.11.4; else cat {tmp_path}/message >&2; exit 1; fi
""")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    lock_file.touch()
    with pytest.raises(CommandError) as refusal:
        Terraform(tmp_path).init()
    assert message in str(refusal.value)
    assert ("write the file again as docs/ci.md says" in str(refusal.value)) == hint


def test_cdktf_lets_its_init_write_the_lock_file_only_if_none_is_kept(
    lock_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def passed_on() -> str | None:
        """What `cdktf` adds to the arguments of its `terraform init`."""
        environments: list[dict[str, str]] = []
        monkeypatch.setattr(os, "execve", lambda *call: environments.append(call[2]))
        cdktf_command.main()
        return environments[0].get("TF_CLI_ARGS_init")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["cdktf", "deploy", "dev"])
    monkeypatch.setattr(cdktf_command, "CLI", tmp_path)
    monkeypatch.delenv("TF_CLI_ARGS_init", raising=False)
    assert passed_on() is None
    lock_file.touch()
    assert passed_on() == "-lockfile=readonly"
    monkeypatch.setenv("TF_CLI_ARGS_init", "-reconfigure")
    assert passed_on() == "-reconfigure -lockfile=readonly"
