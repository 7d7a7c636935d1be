"""A reviewed plan, kept in its stack's directory until it is applied."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mapspan.checkout import ROOT, CommandError

PLAN = "reviewed.tfplan"
SEAL = "reviewed.json"
# The stack's ephemeral variables: see modules/providers.py.
ROLES = ("target_role_arn", "source_role_arn")


def stack_directory(environment: str) -> Path:
    """Where `cdktf` and `mapspan` synthesize the environment's stack."""
    return ROOT / "cdktf.out" / "stacks" / environment


@dataclass(frozen=True)
class SavedPlan:
    """Terraform's binary plan of the stack in `directory`, with a fingerprint of that stack.

        saved = SavedPlan(terraform.directory)
        terraform.plan_changes(saved.file)
        saved.save()      # after the plan, before the review is shown
        saved.record_access(review.access.undecided)
        …
        saved.check()     # before the apply, with the stack synthesized again

    Both files may be copied to another checkout of the same commit: a package has the same bytes on every machine.
    """

    directory: Path

    @property
    def environment(self) -> str:
        return self.directory.name

    @property
    def file(self) -> Path:
        """Where terraform writes the plan, and applies it from."""
        return self.directory / PLAN

    def save(self) -> None:
        """Record the hash of the plan in `file` and the fingerprint of its stack."""
        roles = [name for name in ROLES if f"TF_VAR_{name}" in os.environ]
        seal = {"plan": _sha256(self.file), "stack": self.fingerprint(), "role_variables": roles}
        (self.directory / SEAL).write_text(json.dumps(seal, indent=2) + "\n", encoding="utf-8")

    def record_access(self, undecided: str | None) -> None:
        """Record beside the plan why its review could not decide who may access what; None if it did decide."""
        file = self.directory / SEAL
        seal = {**json.loads(file.read_text(encoding="utf-8")), "access_undecided": undecided}
        file.write_text(json.dumps(seal, indent=2) + "\n", encoding="utf-8")

    def check(self) -> Sequence[str]:
        """Refuse a plan that is missing, differs from the saved one, or belongs to another stack than the current one.

        Returns the variables of `ROLES` that were set for the plan: terraform requires exactly these for the apply.

        Raises:
            CommandError: the plan must not be applied; the message says why and what to do.
        """
        again = f"review it again with `mapspan review {self.environment}`"
        try:
            seal = json.loads((self.directory / SEAL).read_text(encoding="utf-8"))
            plan, stack = _sha256(self.file), self.fingerprint()
        except FileNotFoundError as error:
            raise CommandError(
                f"{self.environment} has no reviewed plan: review one with `mapspan review {self.environment}`,"
                f" or deploy without a review with `cdktf deploy {self.environment}`"
            ) from error
        if seal["plan"] != plan:
            raise CommandError(f"the plan of {self.environment} is not the one that was reviewed: {again}")
        if seal["stack"] != stack:
            raise CommandError(f"the settings or code of {self.environment} changed after its review: {again}")
        return [str(name) for name in seal["role_variables"]]

    def discard(self) -> None:
        """Delete the plan: it has been applied, or must not be applied."""
        for name in (PLAN, SEAL):
            (self.directory / name).unlink(missing_ok=True)

    def fingerprint(self) -> str:
        """The SHA-256 of the synthesized stack and of the packages that it names, without leftovers of older synths."""
        stack = self.directory / "cdk.tf.json"
        text = stack.read_text(encoding="utf-8")
        files = {path.relative_to(self.directory).as_posix(): path for path in self.directory.glob("assets/**/*")}
        packages = {name: _sha256(path) for name, path in sorted(files.items()) if path.is_file() and name in text}
        return hashlib.sha256(json.dumps([_sha256(stack), packages]).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
