"""Terraform, run in one stack's synthesized directory."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mapspan.checkout import BUILD, CommandError, tool_environment
from mapspan.deploying.provider_mirror import cli_configuration

MINIMUM_VERSION = (1, 10)  # the first with an S3 backend that locks natively
_BATCH = ("-no-color", "-input=false")
_CHANGED = 2  # the exit code of `terraform plan -detailed-exitcode`


class Terraform:
    """Terraform in `directory`, with `variables` for the stack's own variables.

    Raises (every method):
        CommandError: terraform is missing or failed, with its error text.
    """

    def __init__(self, directory: Path, variables: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        inputs = {f"TF_VAR_{name}": value for name, value in (variables or {}).items()}
        self._environment = {**tool_environment(), **cli_configuration(BUILD), **inputs}

    def init(self, *, backend: bool = True) -> None:
        """Install the provider; without `backend`, only as far as `validate` needs."""
        check_version()
        self._run("init", *_BATCH, f"-backend={str(backend).lower()}")

    def validate(self) -> None:
        """Check the configuration, references and cycles included."""
        self._run("validate", "-no-color")

    def apply(self, *targets: str) -> None:
        """Make what the configuration says, or so much of it as the addresses `targets` need."""
        self._run("apply", *_BATCH, "-auto-approve", "-parallelism=20", *(f"-target={each}" for each in targets))

    def apply_plan(self, plan: Path) -> None:
        """Make what a kept plan says, and show it being made."""
        self._run("apply", *_BATCH, "-parallelism=20", str(plan.resolve()), shown=True)

    def destroy(self) -> None:
        """Delete everything the state knows."""
        self._run("destroy", *_BATCH, "-auto-approve", "-parallelism=20")

    def plan_changes(self, out: Path | None = None) -> bool:
        """Whether a plan would change anything; `out` keeps the plan."""
        keep = [f"-out={out}"] if out else []
        return self._run("plan", *_BATCH, "-detailed-exitcode", *keep, expected=(0, _CHANGED)).returncode == _CHANGED

    def show_plan(self, plan: Path) -> dict[str, object]:
        """A kept plan as terraform's JSON."""
        shown: dict[str, object] = json.loads(self._run("show", "-json", str(plan)).stdout)
        return shown

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name; empty before the first apply."""
        shown = json.loads(self._run("output", "-json", "-no-color").stdout)
        return {name: output["value"] for name, output in shown.items()}

    def addresses(self) -> list[str]:
        """The addresses in the state."""
        return self._run("state", "list").stdout.split()

    def _run(
        self, *arguments: str, expected: tuple[int, ...] = (0,), shown: bool = False
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(  # noqa: S603 - no shell, and arguments of our own
            ["terraform", *arguments],  # noqa: S607 - the person's terraform, wherever it is on the PATH
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=None if shown else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode not in expected:
            raise CommandError(f"terraform {arguments[0]} failed:\n{(done.stderr or done.stdout or '').strip()}")
        return done


def check_version() -> None:
    """Refuse to go on without a terraform that is new enough.

    Raises:
        CommandError: in one sentence.
    """
    wanted = ".".join(map(str, MINIMUM_VERSION))
    if shutil.which("terraform") is None:
        raise CommandError(f"terraform is missing: install terraform {wanted} or newer and put it on the PATH.")
    shown = subprocess.run(
        ["terraform", "version"],  # noqa: S607 - as above
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = re.search(r"v(\d+)\.(\d+)", shown)
    if found is None or tuple(map(int, found.groups())) < MINIMUM_VERSION:
        version = found.group() if found else "of an unknown version"
        raise CommandError(f"terraform {version} is too old: install {wanted} or newer.")
