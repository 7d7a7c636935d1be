"""The demo's options: what it refuses, and the environment that it deploys."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from environments.files import load
from mapspan.checkout import ROOT, CommandError
from mapspan.local.copied_output import copy_output
from mapspan.local.demo import demo
from mapspan.local.demo_environment import demo_environment
from mapspan.local.job_objects import job_objects
from modules.jobs.job import Job
from tests.fixtures.fake_s3 import one_bucket

CHECKSUM = Job(ROOT / "examples" / "jobs" / "checksum")
LOCAL = load("local")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keep": True, "key_source": "inventory"}, 'set key_source = "inventory" there'),
        ({"keep": True, "job": CHECKSUM}, r"for another job, set path under \[job\] there"),
        ({"output": Path("out")}, r"add \[job\.output\] there, or pass --job"),
        ({"job": Job(ROOT / "docs")}, r"docs has no samples: put files into .*docs/samples"),
    ],
)
def test_what_no_demo_can_do_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        demo(**{"objects": 1, "keep": False, "console": Console(file=io.StringIO()), **options})


def test_the_demo_of_a_job_deploys_local_with_that_job_and_an_output() -> None:
    environment = demo_environment(LOCAL, key_source="listing", job=CHECKSUM.directory)
    assert environment.job.path == "examples/jobs/checksum"
    assert environment.output_bucket == "mapspan-local-output-111111111111-us-east-1"
    assert environment.model_copy(update={"job": LOCAL.job}) == LOCAL
    changed = environment.job.model_copy(update={"path": LOCAL.job.path, "output": None})
    assert changed == LOCAL.job, "the rest of [job] stays"


def test_the_demo_of_a_job_runs_that_job_and_no_image() -> None:
    image = f"333333333333.dkr.ecr.us-east-1.amazonaws.com/job@sha256:{'0' * 64}"
    local = LOCAL.model_copy(update={"job": LOCAL.job.model_copy(update={"image": image})})
    assert demo_environment(local, key_source="listing", job=CHECKSUM.directory).job.image is None


def test_the_demo_of_another_key_source_deploys_local_without_a_lister() -> None:
    environment = demo_environment(LOCAL, key_source="inventory", job=None)
    assert (environment.key_source, environment.job) == ("inventory", LOCAL.job)
    assert environment.list_objects.keys_per_part != LOCAL.list_objects.keys_per_part


def test_the_objects_of_a_job_are_its_samples_under_other_keys(tmp_path: Path) -> None:
    (tmp_path / "samples" / "eu").mkdir(parents=True)
    (tmp_path / "samples" / "a.csv").write_text("1")
    (tmp_path / "samples" / "eu" / "b").write_text("2")
    assert list(job_objects(Job(tmp_path), 3, "2026/")) == [
        ("2026/a-0000000.csv", b"1"),
        ("2026/eu/b-0000001", b"2"),
        ("2026/a-0000002.csv", b"1"),
    ]


def test_the_outputs_are_copied_to_the_files_that_their_keys_name(tmp_path: Path) -> None:
    objects = {f"eu/{name}": name.encode() for name in ("a.csv", "b.csv", "c")}
    s3 = one_bucket(objects)
    assert copy_output(s3.client, "runs", tmp_path / "out") == 3
    files = {str(path.relative_to(tmp_path / "out")): path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in files.items()} == objects


@pytest.mark.parametrize("key", ["../a", "a/../../b", "/etc/a", "a//b", "a/", ".", "a\0b"])
def test_an_output_whose_key_leads_out_of_the_directory_is_not_copied(tmp_path: Path, key: str) -> None:
    with pytest.raises(CommandError, match="can't be copied"):
        copy_output(one_bucket({key: b"x"}).client, "runs", tmp_path / "out")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
