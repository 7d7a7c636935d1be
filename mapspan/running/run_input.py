"""An execution's name and input, refused here where they would fail there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from environments.environment import Environment
from mapspan.checkout import CommandError

# Of the names AWS takes, those its logs can be found by:
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME = re.compile(r"[0-9A-Za-z_-]{1,80}")


def run_input(environment: Environment, *, prefixes: Sequence[str], max_items: int | None) -> dict[str, Any]:
    """The input of an execution that lists `prefixes`; without any, what the environment allows.

    Raises:
        CommandError: a prefix that the environment's permissions don't reach.
    """
    for prefix in prefixes:
        _check(prefix, environment)
    _check_key_source(prefixes, environment)
    given: dict[str, Any] = {"prefixes": list(prefixes)} if prefixes else {}
    return given if max_items is None else {**given, "max_keys": max_items}


def _check_key_source(prefixes: Sequence[str], environment: Environment) -> None:
    covered = environment.source.prefixes or ("",)
    if environment.key_source == "inventory" and prefixes and tuple(prefixes) != covered:
        raise CommandError(
            f"--prefix {prefixes[0]}: {environment.name} takes its keys from an inventory, which is processed whole:"
            " leave --prefix out"
        )
    if environment.key_source == "replication" and len(prefixes) > 1:
        raise CommandError(
            f"--prefix: {environment.name} maps over a replica, which lists one prefix a run: start a run for each"
        )


def check_name(name: str) -> None:
    """Refuse a name that AWS would refuse, or could not log.

    Raises:
        CommandError: in one sentence.
    """
    if not _NAME.fullmatch(name):
        raise CommandError(f"--name {name!r}: write 1 to 80 of the characters A-Z, a-z, 0-9, - and _")


def _check(prefix: str, environment: Environment) -> None:
    allowed = environment.source.prefixes
    if prefix.startswith("s3://"):
        raise CommandError(f"--prefix {prefix}: write what keys begin with, without s3:// and the bucket's name")
    if prefix.startswith("/"):
        raise CommandError(f"--prefix {prefix}: no key of a folder begins with a slash: take it away")
    if len(prefix.encode()) > 1024:
        raise CommandError("--prefix: it is longer than the 1,024 bytes of the longest key")
    if allowed and not any(prefix.startswith(each) for each in allowed):
        raise CommandError(
            f"--prefix {prefix}: {environment.name} may only list what begins with {', '.join(allowed)}"
            f" (prefixes in environments/{environment.name}.toml)"
        )
