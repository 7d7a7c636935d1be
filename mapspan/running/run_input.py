"""The name and the input of an execution, checked before it starts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from environments.environment import Environment
from mapspan.checkout import CommandError
from modules.pipeline.workflow.names import INVENTORY, REPLICATION

# Of the names that AWS accepts, those that its logs can be found by:
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME = re.compile(r"[0-9A-Za-z_-]{1,80}")


def run_input(environment: Environment, *, prefixes: Sequence[str], max_keys: int | None) -> dict[str, Any]:
    """The input of an execution over the keys below `prefixes`; without any, over all that the environment allows.

    Raises:
        CommandError: the environment's permissions or its key source don't allow a prefix.
    """
    for prefix in prefixes:
        _check_prefix(prefix, environment)
    _check_key_source(prefixes, environment)
    execution_input: dict[str, Any] = {"prefixes": list(prefixes)} if prefixes else {}
    return execution_input if max_keys is None else {**execution_input, "max_keys": max_keys}


def _check_key_source(prefixes: Sequence[str], environment: Environment) -> None:
    whole = environment.source.prefixes or ("",)
    if environment.key_source == INVENTORY and prefixes and tuple(prefixes) != whole:
        raise CommandError(
            f"--prefix {prefixes[0]}: {environment.name} takes its keys from an inventory, and a run processes all of"
            " it: leave --prefix out"
        )
    if environment.key_source == REPLICATION and len(prefixes) > 1:
        raise CommandError(
            f"--prefix: {environment.name} takes its keys from a replica, and a run processes one prefix of it: start"
            " one run for each prefix"
        )


def check_name(name: str) -> None:
    """Check an execution's name.

    Raises:
        CommandError: AWS would refuse the name or could not log it.
    """
    if not _NAME.fullmatch(name):
        raise CommandError(f"--name {name!r}: use 1 to 80 of the characters A-Z, a-z, 0-9, - and _")


def _check_prefix(prefix: str, environment: Environment) -> None:
    allowed = environment.source.prefixes
    if prefix.startswith("s3://"):
        raise CommandError(f"--prefix {prefix}: give the beginning of the keys, without s3:// and the bucket's name")
    if prefix.startswith("/"):
        raise CommandError(f"--prefix {prefix}: keys in a folder do not begin with a slash: remove the first slash")
    if len(prefix.encode()) > 1024:
        raise CommandError(
            "--prefix: longer than 1,024 bytes, which is the longest key that S3 allows: give a shorter one"
        )
    if allowed and not prefix.startswith(tuple(allowed)):
        raise CommandError(
            f"--prefix {prefix}: {environment.name} may only list keys that begin with {', '.join(allowed)}"
            f" (source.prefixes in environments/{environment.name}.toml)"
        )
