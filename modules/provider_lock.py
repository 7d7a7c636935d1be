"""The kept lock file of Terraform's providers: every synthesized stack gets a copy (docs/decisions/0100)."""

from __future__ import annotations

import shutil
from pathlib import Path

from environments.directory import DIRECTORY

# The user keeps it beside the environments. No environment has a lock file of its own: all use one provider.
LOCK_FILE = DIRECTORY / "terraform.lock.hcl"
# The name that terraform reads in a stack's directory.
_IN_A_STACK = ".terraform.lock.hcl"


def copy_lock_file(outdir: Path) -> None:
    """Copy the kept lock file, if there is one, beside each stack that was synthesized below `outdir`."""
    if LOCK_FILE.is_file():
        for stack in outdir.glob("stacks/*/cdk.tf.json"):
            shutil.copyfile(LOCK_FILE, stack.with_name(_IN_A_STACK))


def init_arguments() -> list[str]:
    """What `terraform init` needs so that it accepts only what the kept lock file contains; nothing without the file.

    Without the argument it would add a provider or a version that the file lacks, to the copy alone.
    """
    return ["-lockfile=readonly"] if LOCK_FILE.is_file() else []
