"""A wrong setting ends the synth with a sentence, not with a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from environments.directory import DIRECTORY, DIRECTORY_VARIABLE
from mapspan.checkout import ROOT


def test_a_wrong_setting_is_reported_on_stderr_with_a_non_zero_exit(tmp_path: Path) -> None:
    prod = shutil.copytree(DIRECTORY, tmp_path / "environments") / "prod.toml"
    prod.write_text(prod.read_text().replace('account_id = "777777777777"', 'account_id = "7777"'))
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=ROOT,
        env={**os.environ, DIRECTORY_VARIABLE: str(prod.parent), "CDKTF_OUTDIR": str(tmp_path / "cdktf.out")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith('environments/prod.toml: target.account_id: "7777" is not an AWS account id')
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "cdktf.out").exists()
