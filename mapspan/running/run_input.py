"""The name and the input of an execution, checked before it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from environments.environment import Environment
from mapspan.checkout import CommandError
from modules.pipeline.workflow.input_rule import EVERYTHING, MAX_KEYS, PREFIXES
from modules.pipeline.workflow.input_rules import input_rules, refusal
from modules.pipeline.workflow.retry_rules import is_execution_name


def run_input(
    environment: Environment,
    *,
    text: str | None = None,
    prefixes: Sequence[str] = (),
    max_keys: int | None = None,
    everything: bool = False,
) -> dict[str, Any]:
    """The input of an execution; without any choice, it processes all that the environment allows.

    Args:
        text: the whole input as JSON, instead of the other choices.

    Raises:
        CommandError: the execution would refuse its input.
    """
    if text is not None:
        if prefixes or max_keys is not None or everything:
            raise CommandError("--input is the whole input: write the other choices into it")
        execution_input = _parse(text)
    else:
        execution_input = {PREFIXES: list(prefixes)} if prefixes else {}
        execution_input |= {MAX_KEYS: max_keys} if max_keys is not None else {}
        execution_input |= {EVERYTHING: True} if everything else {}
    check_input(environment, execution_input)
    return execution_input


def _parse(text: str) -> dict[str, Any]:
    try:
        execution_input: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--input is not JSON: {error}") from error
    return execution_input


def check_input(environment: Environment, execution_input: Mapping[str, Any]) -> None:
    """Check an input by the rules of the definition's first state.

    Raises:
        CommandError: the execution would refuse its input, for the reason that the error gives.
    """
    select = environment.select
    rules = input_rules(
        environment.key_source,
        allowed=environment.source.prefixes,
        select=select.conditions,
        incremental=select.changed_since is not None,
    )
    if cause := refusal(execution_input, rules):
        raise CommandError(f"nothing was started in {environment.name}: {cause}")


def check_name(name: str) -> None:
    """Check an execution's name.

    Raises:
        CommandError: AWS would refuse the name or could not log it.
    """
    if not is_execution_name(name):
        raise CommandError(f"--name {name!r}: use 1 to 80 of the characters A-Z, a-z, 0-9, - and _")
