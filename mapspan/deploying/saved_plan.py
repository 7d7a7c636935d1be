"""A plan that was reviewed, kept in its stack's directory until it is applied."""

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
    """Terraform's binary plan of the stack in `directory`, and the fingerprint of what it was made of.

        saved = SavedPlan(terraform.directory)
        terraform.plan_changes(saved.file)
        saved.save()      # after the plan, before the review is shown
        saved.record_access(review.access.undecided)
        …
        saved.check()     # before the apply, with the stack synthesized anew

    Both files may be carried to another checkout of the same commit: a package's bytes don't depend on the machine.
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
        """Note what the plan in `file` is, and what it was made of."""
        given = [name for name in ROLES if f"TF_VAR_{name}" in os.environ]
        noted = {"plan": _sha256(self.file), "stack": self.fingerprint(), "given": given}
        (self.directory / SEAL).write_text(json.dumps(noted, indent=2) + "\n", encoding="utf-8")

    def record_access(self, undecided: str | None) -> None:
        """Note beside the plan whether its review decided who may touch what: why it didn't, or null if it did."""
        seal = self.directory / SEAL
        noted = {**json.loads(seal.read_text(encoding="utf-8")), "access_undecided": undecided}
        seal.write_text(json.dumps(noted, indent=2) + "\n", encoding="utf-8")

    def check(self) -> Sequence[str]:
        """Refuse a plan that isn't there, isn't the one that was saved, or isn't of the stack as it is now.

        Returns those of `ROLES` that were given when it was made: terraform wants exactly these again.

        Raises:
            CommandError: in one sentence that says what to do.
        """
        again = f"review it again with `mapspan review {self.environment}`"
        try:
            noted = json.loads((self.directory / SEAL).read_text(encoding="utf-8"))
            plan, stack = _sha256(self.file), self.fingerprint()
        except FileNotFoundError as error:
            raise CommandError(
                f"{self.environment} has no reviewed plan: make one with `mapspan review {self.environment}`,"
                f" or deploy without one with `cdktf deploy {self.environment}`"
            ) from error
        if noted["plan"] != plan:
            raise CommandError(f"the plan of {self.environment} is not the one that was reviewed: {again}")
        if noted["stack"] != stack:
            raise CommandError(f"settings or code of {self.environment} changed after its review: {again}")
        return [str(name) for name in noted["given"]]

    def discard(self) -> None:
        """Forget the plan: it has been applied, or nobody may apply it any more."""
        for name in (PLAN, SEAL):
            (self.directory / name).unlink(missing_ok=True)

    def fingerprint(self) -> str:
        """The SHA-256 of the synthesized stack and the packages it names; those of older synths may lie beside them."""
        stack = self.directory / "cdk.tf.json"
        text = stack.read_text(encoding="utf-8")
        files = {path.relative_to(self.directory).as_posix(): path for path in self.directory.glob("assets/**/*")}
        named = {name: _sha256(path) for name, path in sorted(files.items()) if path.is_file() and name in text}
        return hashlib.sha256(json.dumps([_sha256(stack), named]).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
