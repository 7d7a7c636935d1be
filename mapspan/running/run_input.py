"""The name and the input of an execution, checked before it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from environments.environment import Environment
from mapspan.checkout import CommandError
from modules.pipeline.workflow.input_rule import MAX_KEYS, PREFIXES
from modules.pipeline.workflow.input_rules import input_rules, refusal

# Of the names that AWS accepts, those that its logs can be found by:
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME = re.compile(r"[0-9A-Za-z_-]{1,80}")


def run_input(environment: Environment, *, prefixes: Sequence[str], max_keys: int | None) -> dict[str, Any]:
    """The input of an execution over the keys below `prefixes`; without any, over all that the environment allows.

    Raises:
        CommandError: the execution would refuse its input.
    """
    execution_input: dict[str, Any] = {PREFIXES: list(prefixes)} if prefixes else {}
    if max_keys is not None:
        execution_input[MAX_KEYS] = max_keys
    check_input(environment, execution_input)
    return execution_input


def check_input(environment: Environment, execution_input: Mapping[str, Any]) -> None:
    """Check an input by the rules of the definition's first state.

    Raises:
        CommandError: the execution would refuse its input, for the reason that the error gives.
    """
    rules = input_rules(environment.key_source, allowed=environment.source.prefixes)
    if cause := refusal(execution_input, rules):
        raise CommandError(f"nothing was started in {environment.name}: {cause}")


def check_name(name: str) -> None:
    """Check an execution's name.

    Raises:
        CommandError: AWS would refuse the name or could not log it.
    """
    if not _NAME.fullmatch(name):
        raise CommandError(f"--name {name!r}: use 1 to 80 of the characters A-Z, a-z, 0-9, - and _")
