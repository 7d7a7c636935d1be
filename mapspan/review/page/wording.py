"""Statements, ARNs and names in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from mapspan.review.changes.policy import Policy, Statement, principals
from mapspan.review.iam.accounts import as_list
from mapspan.review.marked_words import code, code_list, plain

# What an action lets its caller do, if its name alone doesn't say it plainly.
_VERBS: Mapping[str, str] = {
    "kms:Decrypt": "decrypt",
    "kms:Encrypt": "encrypt",
    "kms:GenerateDataKey": "encrypt",
    "lambda:InvokeFunction": "invoke",
    "s3:*": "do everything",
    "s3:DeleteBucketPolicy": "delete the policy",
    "s3:DeleteObject": "delete objects",
    "s3:GetBucketPolicy": "read the policy",
    "s3:GetObject": "read objects",
    "s3:ListBucket": "list keys",
    "s3:PutBucketPolicy": "change the policy",
    "s3:PutObject": "write objects",
    "s3:ReplicateObject": "replicate objects",
    "states:StartExecution": "start executions",
    "sts:AssumeRole": "assume",
    "*": "do everything",
}
_COMPARISONS: Mapping[str, str] = {
    "ArnEquals": "is",
    "ArnLike": "is like",
    "Bool": "is",
    "NumericLessThan": "is less than",
    "StringEquals": "is",
    "StringLike": "is like",
    "StringNotEquals": "is not",
    "StringNotLike": "is not like",
}
_ARN = re.compile(r"arn:[^:]+:([^:]*):[^:]*:(\d{12})?:(.*)", re.DOTALL)


def short_name(name: str) -> str:
    """An ARN without its service, Region and account; a whole account is `account 123456789012`."""
    match = _ARN.fullmatch(name)
    if match is None:
        return name
    service, account, rest = match.groups()
    if service == "iam":
        return f"account {account}" if rest == "root" else rest.removeprefix("role/")
    return rest.removeprefix("key/") if service == "kms" else rest


def sentence(statement: Statement, policy: Policy) -> str:
    """A statement as a sentence, with names and actions set as code."""
    may = "may" if statement.get("Effect") == "Allow" else "may **not**"
    what = f"{_actions(statement)}{_resources(statement, policy)}{_conditions(statement)}"
    return f"{_subject(statement, policy)} {may} {what}"


def whole_sentence(statement: Statement) -> str:
    """A statement of a role's policy without its subject, with the whole ARNs: they show the account and the Region."""
    may = "may" if statement.get("Effect") == "Allow" else "may **not**"
    resources = as_list(statement.get("Resource"))
    where = "everything" if resources == ["*"] else code_list(resources)
    return f"{may} {_actions(statement)} on {where}{_conditions(statement)}"


def actions_words(actions: Sequence[str]) -> str:
    """What actions let a caller do, and their names."""
    known = [action for action in actions if action in _VERBS]
    others = [code(action) for action in actions if action not in _VERBS]
    if not known:
        return "call " + ", ".join(others)
    verbs = ", ".join(dict.fromkeys(_VERBS[action] for action in known))
    words = f"{verbs} ({', '.join(map(code, known))})"
    return words + (" and call " + ", ".join(others) if others else "")


def _subject(statement: Statement, policy: Policy) -> str:
    names = principals(statement)
    if "NotPrincipal" in statement:
        return "everyone except " + _short_code_list(principals({"Principal": statement["NotPrincipal"]}))
    if names:
        return "anyone" if names == ["*"] else _short_code_list(names)
    return code(short_name(str(policy.owner)))


def _actions(statement: Statement) -> str:
    if "NotAction" in statement:
        return "do everything except " + code_list(as_list(statement["NotAction"]))
    return actions_words(as_list(statement.get("Action")))


def _resources(statement: Statement, policy: Policy) -> str:
    owner = code(short_name(str(policy.owner)))
    if policy.kind == "trust":
        return f" {owner}"
    if "NotResource" in statement:
        return " on everything except " + _short_code_list(as_list(statement["NotResource"]))
    resources = as_list(statement.get("Resource"))
    if policy.kind in ("key", "resource") and resources == ["*"]:
        return f" with {owner}"
    return " on " + ("everything" if resources == ["*"] else _short_code_list(resources))


def _conditions(statement: Statement) -> str:
    conditions = []
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            texts = as_list(str(values) if isinstance(values, bool) else values)
            alternatives = " or ".join(map(code, texts))
            conditions.append(f"{code(key)} {_COMPARISONS.get(operator, plain(operator))} {alternatives}")
    return " if " + " and ".join(conditions) if conditions else ""


def _short_code_list(names: Iterable[str]) -> str:
    return code_list(map(short_name, names))
