"""terraform installs the provider only if its hash is in the kept lock file."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from environments.files import load
from mapspan.checkout import CommandError
from mapspan.deploying.terraform import Terraform
from modules import provider_lock
from modules.pipeline.app import synthesize


@pytest.fixture(scope="module")
def written(stacks: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The lock file that terraform writes for dev's stack."""
    directory = tmp_path_factory.mktemp("stack")
    shutil.copyfile(stacks / "dev" / "cdk.tf.json", directory / "cdk.tf.json")
    Terraform(directory).init(backend=False)
    return (directory / ".terraform.lock.hcl").read_text()


def init_with(kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of dev's stack, synthesized and initialized with a kept lock file."""
    monkeypatch.setattr(provider_lock, "LOCK_FILE", tmp_path / "terraform.lock.hcl")
    provider_lock.LOCK_FILE.write_text(kept)
    synthesize([load("dev")], tmp_path / "out")
    directory = tmp_path / "out" / "stacks" / "dev"
    Terraform(directory).init(backend=False)
    return directory


def test_a_kept_lock_file_with_the_providers_hash_is_used_unchanged(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the command in docs/ci.md writes it: with the hashes of other platforms, and of the archives.
    others = f'    "h1:{"A" * 43}=",\n    "zh:{"0" * 64}",\n'
    kept = written.replace("hashes = [\n", f"hashes = [\n{others}")
    directory = init_with(kept, tmp_path, monkeypatch)
    assert (directory / ".terraform.lock.hcl").read_text() == kept
    Terraform(directory).validate()


def test_a_provider_with_another_hash_is_refused(written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match=r"doesn't match any of the(?s:.*)terraform\.lock\.hcl has no hash"):
        init_with(re.sub(r"h1:[^=]*=", f"h1:{'A' * 43}=", written), tmp_path, monkeypatch)


def test_a_provider_of_another_version_is_refused(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=r"must use terraform init -upgrade(?s:.*)terraform\.lock\.hcl has no hash"):
        init_with(written.replace("5.100.0", "5.99.0"), tmp_path, monkeypatch)


def test_a_provider_that_the_kept_lock_file_lacks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match=r"file is read-only(?s:.*)terraform\.lock\.hcl has no hash"):
        init_with("", tmp_path, monkeypatch)
