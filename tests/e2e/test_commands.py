"""The commands that a new user types first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local_cloud.process import free_port
from mapspan.local import local_commands, local_deployment
from mapspan.main import commands

MAPSPAN = Path(sys.executable).parent / "mapspan"


def test_the_demo_ends_with_a_balanced_ledger() -> None:
    done = subprocess.run(  # noqa: S603 - our own console script
        [MAPSPAN, "demo", "--objects", "150", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["status"] == "SUCCEEDED"
    assert {name: figures[name] for name in ("listed", "succeeded", "skipped", "failed", "pending")} == {
        "listed": 150,
        "succeeded": 150,
        "skipped": 0,
        "failed": 0,
        "pending": 0,
    }
    assert figures["map_run_arns"][0].startswith(
        "arn:aws:states:us-east-1:111111111111:mapRun:mapspan-local/ProcessObjects:"
    )
    assert figures["seconds"] > 0


def test_a_local_cloud_starts_reports_its_address_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_commands, "LOCAL_CLOUD", tmp_path / "cloud")
    monkeypatch.setattr(local_deployment, "LOCAL_CLOUD", tmp_path / "cloud")
    monkeypatch.setattr(local_deployment, "ROOT", tmp_path)
    stale = tmp_path / "terraform.local.tfstate"
    stale.write_text("{}")
    port, runner = free_port(), CliRunner()

    started = runner.invoke(commands, ["local", "start", "--objects", "30", "--port", str(port)])
    assert started.exit_code == 0, started.output
    try:
        assert not stale.exists(), "the state of a cloud that no longer exists"
        status = runner.invoke(commands, ["local", "status", "--json"])
        assert json.loads(status.output) == {"running": True, "endpoint_url": f"http://127.0.0.1:{port}"}
        source = local_deployment.kept(port).source_s3().list_objects_v2(Bucket="landing-zone")
        assert source["KeyCount"] == 30
    finally:
        assert runner.invoke(commands, ["local", "stop"]).output == "stopped\n"
    assert runner.invoke(commands, ["local", "status"]).exit_code == 1


DEMO_IN = """
import sys
from pathlib import Path
from mapspan.local import local_deployment
from mapspan.main import app
local_deployment.BUILD = Path(sys.argv.pop(1))
app()
"""


def test_a_demo_that_is_terminated_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DEMO_IN, str(tmp_path), "demo", "--objects", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as demo:  # noqa: S603 - our own command
        assert demo.stderr is not None
        assert "local cloud started" in demo.stderr.readline()
        assert list(tmp_path.iterdir()) != []
        demo.terminate()
        assert demo.wait(30) == 143
    assert list(tmp_path.iterdir()) == []
