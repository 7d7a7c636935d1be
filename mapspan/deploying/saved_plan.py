"""A plan on its way from its review to the apply, in its stack's directory."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mapspan.checkout import ROOT, CommandError

PLAN = "reviewed.tfplan"
UNREVIEWED = "unreviewed.tfplan"
SEAL = "reviewed.json"
# The stack's ephemeral variables: see modules/providers.py.
TARGET_ROLE, SOURCE_ROLE = "target_role_arn", "source_role_arn"
ROLES = (TARGET_ROLE, SOURCE_ROLE)

Seal = Mapping[str, Any]
"""The hash of a plan, the fingerprint of its stack, and the variables of `ROLES` that were set for it."""

_UNFINISHED = "its last review was not shown to the end"
_BLOCKED = "its last review blocked it"
_CUT = "its last review was cut to the length of a comment (--format terminal shows all of it)"


def stack_directory(environment: str) -> Path:
    """Where `cdktf` and `mapspan` synthesize the environment's stack."""
    return ROOT / "cdktf.out" / "stacks" / environment


@dataclass(frozen=True)
class SavedPlan:
    """Terraform's binary plan of the stack in `directory`. It may be applied only after its whole review was shown.

        saved = SavedPlan(terraform.directory)
        with saved.under_review():
            terraform.plan_changes(saved.unreviewed)
            seal = saved.seal()
            …                       # compute the review, and write it where it was asked for
            saved.keep(seal, access_undecided=review.access.undecided)
        …
        saved.check()               # before the apply, with the stack synthesized again

    The kept plan and its seal may be copied to another checkout of the same commit: a package has the same bytes on
    every machine.
    """

    directory: Path

    @property
    def environment(self) -> str:
        return self.directory.name

    @property
    def file(self) -> Path:
        """The reviewed plan, which terraform applies."""
        return self.directory / PLAN

    @property
    def unreviewed(self) -> Path:
        """Where terraform writes a new plan."""
        return self.directory / UNREVIEWED

    @contextmanager
    def under_review(self) -> Iterator[None]:
        """Discard the last plan. The new one is deleted at the end unless `keep` has kept it.

        However the review ends, by a crash or a signal, `check` then refuses and says so: the note is written first.

        Raises:
            CommandError: a file can't be written or deleted.
        """
        self.discard()
        self._write_seal({"refused": _UNFINISHED})
        try:
            yield
        finally:
            self.unreviewed.unlink(missing_ok=True)

    def seal(self) -> Seal:
        """What identifies the new plan and its stack: to be taken right after the plan, before the review reads it."""
        roles = [name for name in ROLES if f"TF_VAR_{name}" in os.environ]
        return {"plan": _sha256(self.unreviewed), "stack": self.fingerprint(), "role_variables": roles}

    def keep(self, seal: Seal, *, access_undecided: str | None) -> None:
        """Keep the new plan for `mapspan deploy`: its whole review was shown, and nothing blocks it.

        Args:
            access_undecided: why the review could not decide who may access what; None if it did decide.

        Raises:
            CommandError: the file is no longer the plan that was reviewed, or can't be written.
        """
        if _sha256(self.unreviewed) != seal["plan"]:
            raise CommandError(
                f"another review of {self.environment} replaced the plan during this one: review it again"
            )
        try:
            self.unreviewed.replace(self.file)
        except OSError as error:
            raise CommandError(f"{self.file} can't be written: {error.strerror}") from error
        self._write_seal({**seal, "access_undecided": access_undecided})

    def refuse_blocked(self) -> None:
        """Note that the review blocks the new plan, so that `check` says it."""
        self._write_seal({"refused": _BLOCKED})

    def refuse_cut(self) -> None:
        """Note that only a part of the review was shown, so that `check` says it."""
        self._write_seal({"refused": _CUT})

    def check(self) -> Sequence[str]:
        """Refuse a plan that is missing, differs from the reviewed one, or belongs to another stack than the current.

        Returns the variables of `ROLES` that were set for the plan: terraform requires exactly these for the apply.

        Raises:
            CommandError: the plan must not be applied; the message says why and what to do.
        """
        again = f"review it again with `mapspan review {self.environment}`"
        try:
            seal = json.loads((self.directory / SEAL).read_text(encoding="utf-8"))
            if "refused" in seal:
                raise CommandError(f"{self.environment} has no reviewed plan, because {seal['refused']}: {again}")
            plan, stack = _sha256(self.file), self.fingerprint()
            planned, roles = (seal["plan"], seal["stack"]), [str(name) for name in seal["role_variables"]]
        except FileNotFoundError as error:
            raise CommandError(
                f"{self.environment} has no reviewed plan: review one with `mapspan review {self.environment}`,"
                f" or deploy without a review with `cdktf deploy {self.environment}`"
            ) from error
        except (ValueError, TypeError, KeyError) as error:
            raise CommandError(f"{self.directory / SEAL} is not what a review writes: {again}") from error
        if planned[0] != plan:
            raise CommandError(f"the plan of {self.environment} is not the one that was reviewed: {again}")
        if planned[1] != stack:
            raise CommandError(f"the settings or code of {self.environment} changed after its review: {again}")
        return roles

    def discard(self) -> None:
        """Delete the plan: it has been applied, or must not be applied.

        Raises:
            CommandError: a file can't be deleted.
        """
        try:
            for name in (SEAL, PLAN, UNREVIEWED):
                (self.directory / name).unlink(missing_ok=True)
        except OSError as error:
            raise CommandError(f"{error.filename} can't be deleted: {error.strerror}") from error

    def _write_seal(self, seal: Seal) -> None:
        """Write the seal in one step: a full disk leaves the last one."""
        file = self.directory / SEAL
        whole = file.with_suffix(".json.new")
        try:
            whole.write_text(json.dumps(seal, indent=2) + "\n", encoding="utf-8")
            whole.replace(file)
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}") from error

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
