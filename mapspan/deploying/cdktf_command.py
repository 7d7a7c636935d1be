"""`cdktf`: the pinned cdktf-cli on the pinned Node, with a terraform that finds its provider."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mapspan.checkout import BUILD, ROOT, tool_environment
from mapspan.deploying.provider_mirror import cli_configuration
from modules.provider_lock import init_arguments

CLI = ROOT / "node_modules" / "cdktf-cli" / "bundle" / "bin" / "cdktf"


def main() -> None:
    """Replace this process by cdktf-cli, with the same arguments."""
    if not CLI.exists():
        sys.exit("cdktf: cdktf-cli is not installed: run `make setup`")
    node = Path(sys.prefix, "bin", "node")
    environment = {**tool_environment(), **cli_configuration(BUILD)}
    if locked := init_arguments():
        # cdktf passes no arguments on to its `terraform init`.
        environment["TF_CLI_ARGS_init"] = " ".join([environment.get("TF_CLI_ARGS_init", ""), *locked]).strip()
    environment.setdefault("CI", "1")  # cdktf-cli then asks no questions and draws no boxes
    os.chdir(ROOT)
    os.execve(node, [str(node), str(CLI), *sys.argv[1:]], environment)  # noqa: S606 - both paths are our own
