"""Terraform, run in the directory of one synthesized stack."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mapspan.checkout import BUILD, CommandError, tool_environment
from mapspan.deploying.provider_mirror import cli_configuration

MINIMUM_VERSION = (1, 10)  # the first whose S3 backend locks the state by itself
_BATCH = ("-no-color", "-input=false")
_CHANGED = 2  # the exit code of `terraform plan -detailed-exitcode`


class Terraform:
    """Terraform in `directory`, with values for the stack's variables.

    Raises (every method):
        CommandError: terraform is missing or failed; the message has its error text.
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
        """Create what the configuration describes; with `targets`, only these addresses and what they depend on."""
        self._run("apply", *_BATCH, "-auto-approve", "-parallelism=20", *(f"-target={target}" for target in targets))

    def apply_plan(self, plan: Path) -> None:
        """Apply a saved plan, with terraform's own output on stdout."""
        self._run("apply", *_BATCH, "-parallelism=20", str(plan.resolve()), show_output=True)

    def destroy(self) -> None:
        """Delete everything the state knows."""
        self._run("destroy", *_BATCH, "-auto-approve", "-parallelism=20")

    def plan_changes(self, out: Path | None = None) -> bool:
        """Whether a plan would change anything. The plan is saved as `out`."""
        save = [f"-out={out}"] if out else []
        return self._run("plan", *_BATCH, "-detailed-exitcode", *save, expected=(0, _CHANGED)).returncode == _CHANGED

    def show_plan(self, plan: Path) -> dict[str, object]:
        """A saved plan as terraform's JSON."""
        json_plan: dict[str, object] = json.loads(self._run("show", "-json", str(plan)).stdout)
        return json_plan

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name; empty before the first apply."""
        outputs = json.loads(self._run("output", "-json", "-no-color").stdout)
        return {name: output["value"] for name, output in outputs.items()}

    def addresses(self) -> list[str]:
        """The addresses in the state."""
        return self._run("state", "list").stdout.split()

    def _run(
        self, *arguments: str, expected: tuple[int, ...] = (0,), show_output: bool = False
    ) -> subprocess.CompletedProcess[str]:
        completed = subprocess.run(  # noqa: S603 - no shell, and our own arguments
            ["terraform", *arguments],  # noqa: S607 - the person's terraform, wherever it is on the PATH
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=None if show_output else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if completed.returncode not in expected:
            raise CommandError(
                f"terraform {arguments[0]} failed:\n{(completed.stderr or completed.stdout or '').strip()}"
            )
        return completed


def check_version() -> None:
    """Check that terraform is installed and new enough.

    Raises:
        CommandError: it isn't.
    """
    minimum = ".".join(map(str, MINIMUM_VERSION))
    if shutil.which("terraform") is None:
        raise CommandError(f"terraform is missing: install terraform {minimum} or newer and put it on the PATH")
    output = subprocess.run(
        ["terraform", "version"],  # noqa: S607 - as above
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    match = re.search(r"v(\d+)\.(\d+)", output)
    if match is None:
        raise CommandError(f"`terraform version` shows no version: install terraform {minimum} or newer")
    if tuple(map(int, match.groups())) < MINIMUM_VERSION:
        raise CommandError(f"terraform {match.group()} is too old: install terraform {minimum} or newer")
