"""What `--plan` takes: every encoding of a plan's JSON, a wrapper's lines around it, and one sentence for the rest."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from mapspan.checkout import CommandError
from mapspan.review import plan_file
from mapspan.review.changes.plan import read_plan
from mapspan.review.plan_file import read_plan_file

PLAN = {"format_version": "1.2", "planned_values": {}, "resource_changes": []}
TEXT = json.dumps(PLAN, indent=1)


def written(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "plan"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        f"\r\n  {TEXT}\r\n".encode(),
        f"[command]/usr/bin/terraform show -json plan\n{TEXT}".encode(),
        f"[command]/usr/bin/terraform show -json plan\r\n{TEXT}\r\n::debug::exit code 0\n".encode("utf-16"),
    ],
    ids=["UTF-8", "BOM", "UTF-16", "UTF-16 LE", "UTF-16 BE", "UTF-32", "spaces", "first line", "first and last line"],
)
def test_a_plan_is_read_in_every_encoding_and_between_the_lines_of_a_wrapper(tmp_path: Path, content: bytes) -> None:
    assert read_plan_file("local", written(tmp_path, content)) == PLAN


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"[]", "holds no JSON object"),
        (b"No changes. Your infrastructure matches the configuration.", "holds no JSON object"),
        (b"\x89PNG\xff\x00\x00\xd8", "neither a saved plan nor text"),
        (TEXT[:-1].encode(), "is not JSON"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (f"{TEXT}\n{TEXT}".encode(), "several JSON objects"),
    ],
)
def test_what_is_not_a_plan_gets_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(CommandError, match=reason) as refusal:
        read_plan_file("local", written(tmp_path, content))
    assert "\n" not in str(refusal.value)


def test_a_saved_plan_is_read_in_a_checkout_that_was_never_synthesized(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FakeTerraform:
        def __init__(self, directory: Path) -> None:
            assert directory.is_dir()

        def init(self, *, backend: bool) -> None:
            assert not backend

        def show_plan(self, file: Path) -> dict[str, object]:
            assert file.is_absolute()
            return dict(PLAN)

    def synthesize(outdir: Path) -> None:
        (outdir / "stacks" / "local").mkdir(parents=True)

    monkeypatch.setattr(plan_file, "stack_directory", lambda name: tmp_path / "cdktf.out" / "stacks" / name)
    monkeypatch.setattr(plan_file, "synthesize", synthesize)
    monkeypatch.setattr(plan_file, "Terraform", FakeTerraform)
    assert read_plan_file("local", written(tmp_path, b"PK\x03\x04...")) == PLAN
    assert not (tmp_path / "cdktf.out").exists()


@pytest.mark.parametrize("version", ["0.1", "1.0", "1.2", "1.3", "2.0"])
def test_every_format_version_is_read(version: str) -> None:
    assert read_plan({**PLAN, "format_version": version}).changes_nothing
