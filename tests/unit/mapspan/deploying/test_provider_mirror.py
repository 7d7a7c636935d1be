"""terraform finds its provider on a mirror without internet; the person's own configuration has priority."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mapspan.deploying import provider_mirror
from mapspan.deploying.provider_mirror import AWS_PROVIDER_VERSION, cli_configuration, find_mirror

ADDRESS = "registry.terraform.io/hashicorp/aws"


@pytest.fixture(autouse=True)
def _no_terraformrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")


def mirror(place: Path, version: str = AWS_PROVIDER_VERSION) -> Path:
    (place / ADDRESS / version / "linux_amd64").mkdir(parents=True)
    return place


@pytest.mark.parametrize("below", ["", "plugins", "share/terraform/plugins"])
def test_a_mirror_is_found_a_few_levels_down(tmp_path: Path, below: str) -> None:
    assert find_mirror((tmp_path / "none", tmp_path)) is None
    directory = mirror(tmp_path / below)
    assert find_mirror((tmp_path / "none", tmp_path)) == directory


def test_a_mirror_of_another_version_is_ignored(tmp_path: Path) -> None:
    mirror(tmp_path, "6.0.0")
    assert find_mirror((tmp_path,)) is None


def test_terraform_is_pointed_at_the_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_mirror, "_PLACES", (mirror(tmp_path / "mirror"),))
    missing = {"TF_CLI_CONFIG_FILE": str(tmp_path / "missing")}
    written = Path(cli_configuration(tmp_path / "build", missing)["TF_CLI_CONFIG_FILE"]).read_text()
    assert f'path    = "{tmp_path / "mirror"}"' in written


def test_the_persons_own_configuration_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_mirror, "_PLACES", (mirror(tmp_path / "mirror"),))
    own = tmp_path / "own.tfrc"
    own.touch()
    assert cli_configuration(tmp_path / "build", {"TF_CLI_CONFIG_FILE": str(own)}) == {}


def test_without_a_mirror_downloads_are_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_mirror, "_PLACES", ())
    assert cli_configuration(tmp_path / "build", {})["TF_PLUGIN_CACHE_DIR"] == str(tmp_path / "build/terraform-plugins")


def test_a_terraform_beside_never_reads_half_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_mirror, "_PLACES", (mirror(tmp_path / "mirror"),))
    build = tmp_path / "build"

    def write() -> str:
        return cli_configuration(build, {})["TF_CLI_CONFIG_FILE"]

    file = Path(write())
    whole = file.read_text()
    with ThreadPoolExecutor(2) as writers:
        writing = [writers.submit(write) for _ in range(100)]
        while not all(one.done() for one in writing):
            assert file.read_text() == whole
    assert [entry.name for entry in build.iterdir()] == [file.name]
