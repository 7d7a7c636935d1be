"""Terraform, run in the directory of one synthesized stack."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import typer

from mapspan.checkout import BUILD, CommandError, tool_environment
from mapspan.deploying.provider_mirror import cli_configuration
from modules.provider_lock import LOCK_FILE, init_arguments

MINIMUM_VERSION = (1, 10)  # the first whose S3 backend locks the state by itself
_BATCH = ("-no-color", "-input=false")
_CHANGED = 2  # the exit code of `terraform plan -detailed-exitcode`
# Arguments that terraform adds to our own, such as `-refresh=false` or `-target=…`: a plan made with them may leave out
# what a review or a drift check must show. https://developer.hashicorp.com/terraform/cli/config/environment-variables
_ARGUMENT_VARIABLES = ("TF_CLI_ARGS", "TOFU_CLI_ARGS")
# What terraform says if the lock file lacks a provider, its version or its hash. It breaks its sentences into lines.
_LOCKED_OUT = re.compile(r"lock\s+file|locked\s+provider")


def program() -> str:
    """The program to call: `TERRAFORM_BINARY_NAME`, which cdktf reads too, or terraform."""
    return os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"


class Terraform:
    """Terraform in `directory`, with values for the stack's variables.

    Raises (every method):
        CommandError: terraform is missing or failed; the message has its error text.
    """

    def __init__(self, directory: Path, variables: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        inputs = {f"TF_VAR_{name}": value for name, value in (variables or {}).items()}
        self._environment = {**_environment(), **cli_configuration(BUILD), **inputs}

    def init(self, *, backend: bool = True) -> None:
        """Install the provider; without `backend`, only as far as `validate` needs.

        If a lock file is kept, only a provider with one of its hashes is installed.
        """
        if ignored := sorted(name for name in os.environ if name.startswith(_ARGUMENT_VARIABLES)):
            typer.echo(f"mapspan: ignoring {', '.join(ignored)}: mapspan's plans are whole and refreshed", err=True)
        check_version()
        locked = init_arguments()
        try:
            self._run("init", *_BATCH, f"-backend={str(backend).lower()}", *locked)
        except CommandError as error:
            if locked and _LOCKED_OUT.search(str(error)):
                raise CommandError(
                    f"{error}\n\n{LOCK_FILE} has no hash of this provider for this platform: if mapspan's provider is"
                    " newer than the file, or the platform is new, write the file again as docs/ci.md says"
                ) from error
            raise

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
        """Whether a plan would change anything. The plan is saved as `out`.

        A plan changes no state and takes no lock, so that the role that plans needs no right to delete one.
        """
        save = [f"-out={out}"] if out else []
        return (
            self._run("plan", *_BATCH, "-lock=false", "-detailed-exitcode", *save, expected=(0, _CHANGED)).returncode
            == _CHANGED
        )

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
            [program(), *arguments],
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
                f"{program()} {arguments[0]} failed:\n{(completed.stderr or completed.stdout or '').strip()}"
            )
        return completed


def check_version() -> None:
    """Check that terraform is installed and new enough.

    Raises:
        CommandError: it isn't.
    """
    name, minimum = program(), ".".join(map(str, MINIMUM_VERSION))
    if shutil.which(name) is None:
        raise CommandError(
            f"{name} is missing: install terraform {minimum} or newer and put it on the PATH,"
            " or name another program with TERRAFORM_BINARY_NAME"
        )
    output = subprocess.run(  # noqa: S603 - the person's terraform, wherever it is on the PATH
        [name, "version"],
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    match = re.search(r"v(\d+)\.(\d+)", output)
    if match is None:
        raise CommandError(f"`{name} version` shows no version: install {name} {minimum} or newer")
    if tuple(map(int, match.groups())) < MINIMUM_VERSION:
        raise CommandError(f"{name} {match.group()} is too old: install {name} {minimum} or newer")


def _environment() -> dict[str, str]:
    """The environment variables of our calls: without arguments that we don't pass ourselves."""
    return {name: value for name, value in tool_environment().items() if not name.startswith(_ARGUMENT_VARIABLES)}
