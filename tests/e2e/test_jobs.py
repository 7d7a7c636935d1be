"""A user's job in a local cloud: tried on a sample of a bucket, and in a demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_cloud.detached import RECORD
from mapspan import deployment
from mapspan.jobs import try_command
from mapspan.local.local_deployment import throwaway
from mapspan.main import app
from tests.fixtures.job_directories import write_job

MAPSPAN = Path(sys.executable).parent / "mapspan"


def test_a_job_is_tried_on_a_sample_of_the_source_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    job = write_job(tmp_path / "count")
    monkeypatch.setattr(deployment, "LOCAL_CLOUD", tmp_path)
    monkeypatch.setattr(try_command, "BUILD", tmp_path)
    with throwaway() as local:
        local.fill_source_bucket(60)
        (tmp_path / RECORD).write_text(json.dumps({"endpoint_url": local.endpoint_url, "pid": os.getpid()}))
        monkeypatch.setattr("sys.argv", ["mapspan", "try", str(job), "--environment", "local", "--sample", "5"])
        with pytest.raises(SystemExit) as ended:
            app()
    out, err = capfd.readouterr()
    assert ended.value.code == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["outcome"] for line in lines} == {"Succeeded"}
    assert len({line["key"].split("/")[1] for line in lines}) == 5, "of five folders"
    outputs = [path for path in (tmp_path / "try" / "count").rglob("*") if path.is_file()]
    assert [path.read_text() for path in outputs] == ["order,line,article"] * 5


def test_the_demo_of_a_job_processes_its_samples_and_copies_its_output(tmp_path: Path) -> None:
    job = write_job(tmp_path / "count", two="a\nb\n", empty="")
    command = ["demo", "--job", str(job), "--objects", "6", "--output", str(tmp_path / "out"), "--json"]
    done = subprocess.run([MAPSPAN, *command], capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert [figures[name] for name in ("listed", "succeeded", "skipped", "failed", "pending")] == [6, 3, 3, 0, 0]
    assert figures["output_bucket"] == "mapspan-local-output-111111111111-us-east-1"
    outputs = [path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sorted(map(str, outputs)) == [f"first/2026/two-000000{number}.txt" for number in (1, 3, 5)]
