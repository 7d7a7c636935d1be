"""Reads the policy file of a job: further statements for the role of its function, in IAM's JSON.

What a file may contain, and why: docs/decisions/0085-grants-of-a-job.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from environments.control_characters import control_character

CHECKOUT = Path(__file__).resolve().parents[1]
VERSION = "2012-10-17"
ELEMENTS = ("Sid", "Effect", "Action", "Resource", "Condition")
# The calls of these services name the resource that they read or change, so "*" would mean every one of the account.
NAME_THEIR_RESOURCE = frozenset(("s3", "kms", "secretsmanager", "ssm", "sts", "dynamodb", "sqs", "lambda", "states"))
_ACTION = re.compile(r"(?P<service>[a-z0-9-]+):(?P<name>[A-Za-z0-9*?]+)")
_ARN = re.compile(r"arn:(?P<partition>[^:]+):(?P<service>[^:]+):[^:]*:[^:]*:(?P<resource>.+)")
_WHY_NOT = {
    "NotAction": "it would allow every other action, and each one that AWS adds: write Action",
    "NotResource": "it would cover every other resource: write Resource",
    "Principal": "the policy belongs to the function's role: remove it",
    "NotPrincipal": "the policy belongs to the function's role: remove it",
}


class JobPolicyError(ValueError):
    """Why a policy file is refused, in one sentence that follows its path."""


def read_job_policy(path: str, checkout: Path | None = None) -> list[dict[str, Any]]:
    """The statements of the policy file at `path`, relative to the checkout, each with a Sid and lists of actions.

    `checkout` is this one by default.

    Raises:
        JobPolicyError: the file can't be read, or contains what we refuse.
    """
    try:
        text = ((checkout or CHECKOUT) / path).read_text(encoding="utf-8")
        document = json.loads(text, object_pairs_hook=_without_duplicates)
    except FileNotFoundError as error:
        raise JobPolicyError(
            "no such file: write it, or correct the path, which is relative to the checkout"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise JobPolicyError("can't be read as text: write a JSON policy document in UTF-8") from error
    except json.JSONDecodeError as error:
        raise JobPolicyError(f"not valid JSON: {error}") from error
    return list(_statements(document))


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON's last one of two equal names wins, and a reader may see the first one only."""
    names = [name for name, _ in pairs]
    if duplicates := {name for name in names if names.count(name) > 1}:
        raise JobPolicyError(f"contains {json.dumps(min(duplicates))} twice in one object: remove one of the two")
    return dict(pairs)


def _statements(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict) or not document.keys() <= {"Version", "Id", "Statement"}:
        raise JobPolicyError(f'not a policy document: write {{"Version": "{VERSION}", "Statement": […]}}')
    if document.get("Version") != VERSION:
        raise JobPolicyError(f'the Version is not "{VERSION}", the only one that reads every policy variable: write it')
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        raise JobPolicyError("contains no Statement: write one, or remove job.policy")
    sids: set[str] = set()
    for number, statement in enumerate(statements, start=1):
        complete = _statement(statement, number)
        if complete["Sid"] in sids:
            raise JobPolicyError(f"two statements have the Sid {complete['Sid']}: rename one of the two")
        sids.add(complete["Sid"])
        yield complete


def _statement(statement: Any, number: int) -> dict[str, Any]:
    """A statement in one shape: its Sid, its actions as a list, its resources as a list."""
    try:
        _check_elements(statement)
        return {
            "Sid": _sid(statement, number),
            "Effect": statement["Effect"],
            **_actions_and_resources(statement),
            **_condition(statement),
        }
    except JobPolicyError as error:
        raise JobPolicyError(f"statement {number}: {error}") from error


def _check_elements(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise JobPolicyError("it is not an object: write Effect, Action and Resource")
    for element in statement:
        if element not in ELEMENTS:
            why = _WHY_NOT.get(element, f"the elements of a statement here are {', '.join(ELEMENTS)}")
            raise JobPolicyError(f"{json.dumps(element)} is not accepted: {why}")
    for text in _strings(statement):
        if control := control_character(text):
            raise JobPolicyError(f"contains the control character {control}: remove it")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise JobPolicyError('the Effect is neither "Allow" nor "Deny": write one of them')


def _sid(statement: Mapping[str, Any], number: int) -> str:
    sid = statement.get("Sid", f"JobPolicy{number}")
    if not isinstance(sid, str) or not re.fullmatch(r"[A-Za-z0-9]+", sid):
        raise JobPolicyError(f"the Sid {json.dumps(sid)} is not letters and digits: rename it")
    return sid


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, names too."""
    if isinstance(value, str):
        yield value
    for inner in (
        (*value.keys(), *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _strings(inner)


def _actions_and_resources(statement: Mapping[str, Any]) -> dict[str, list[str]]:
    actions, resources = _texts(statement, "Action"), _texts(statement, "Resource")
    problems = [*_action_problems(actions), *_resource_problems(resources)]
    if statement["Effect"] == "Allow":
        problems += _width_problems(actions, resources)
    if problems:
        raise JobPolicyError(problems[0])
    return {"Action": actions, "Resource": resources}


def _texts(statement: Mapping[str, Any], element: str) -> list[str]:
    value = statement.get(element)
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise JobPolicyError(f"{element} is required: write a string, or a list of strings")
    return texts


def _action_problems(actions: Iterable[str]) -> Iterator[str]:
    for action in actions:
        if action != "*" and not _ACTION.fullmatch(action):
            yield f'{json.dumps(action)} is not an action: write it as "dynamodb:GetItem"'


def _resource_problems(resources: Iterable[str]) -> Iterator[str]:
    for resource in resources:
        if resource != "*" and not _ARN.fullmatch(resource):
            yield f'{json.dumps(resource)} is not an ARN: write one, such as "arn:aws:dynamodb:<region>:<account id>:…"'


def _width_problems(actions: Iterable[str], resources: Iterable[str]) -> Iterator[str]:
    """What makes a grant too wide to be read, or to be proved."""
    for resource in resources:
        if resource != "*" and (match := _ARN.fullmatch(resource)):
            named = (match["partition"], match["service"], match["resource"][0])
            if any(wildcard in part for part in named for wildcard in "*?"):
                yield f"the resource {json.dumps(resource)} names nothing: write the resources that the job uses"
    for action in actions:
        match = _ACTION.fullmatch(action)
        service, name = (match["service"], match["name"]) if match else ("*", "*")
        if name[0] in "*?":
            yield (
                f"the action {json.dumps(action)} is every action of a service, among them those that change who may"
                " use it: write the actions that the job calls"
            )
        elif service == "iam" and (name != "PassRole" or any("*" in arn or "?" in arn for arn in resources)):
            yield (
                f"the action {json.dumps(action)} is not accepted: a job that changes roles could grant itself"
                " anything; of iam, only iam:PassRole of roles named in full is"
            )
        elif "*" in resources and ("*" in name or "?" in name or service in NAME_THEIR_RESOURCE):
            yield (
                f'the action {json.dumps(action)} on every resource ("*"): name the resources; "*" is only for actions'
                " for which AWS defines none"
            )


def _condition(statement: Mapping[str, Any]) -> dict[str, Any]:
    if "Condition" not in statement:
        return {}
    condition = statement["Condition"]
    well_formed = isinstance(condition, dict) and all(
        isinstance(keys, dict) and all(_is_condition_value(value) for value in keys.values())
        for keys in condition.values()
    )
    if not well_formed:
        raise JobPolicyError('the Condition is not {"<operator>": {"<key>": "<value>"}}: correct it')
    return {"Condition": condition}


def _is_condition_value(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(one, str | bool | int) for one in values)
