"""A wrong setting ends the synth with a sentence, not with a traceback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from mapspan.checkout import ROOT


def test_a_wrong_setting_is_reported_on_stderr_with_a_non_zero_exit(tmp_path: Path) -> None:
    for name in ("main.py", "environments", "modules", "lambdas"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    prod = tmp_path / "environments" / "prod.toml"
    prod.write_text(prod.read_text().replace('account_id = "777777777777"', 'account_id = "7777"'))
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith('environments/prod.toml: target.account_id: "7777" is not an AWS account id')
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "cdktf.out").exists()
