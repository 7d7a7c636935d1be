"""Statements, ARNs and values in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mapspan.review.changes.policies import Policy, principals
from mapspan.review.iam.accounts import listed

# What an action lets one do, where its name alone doesn't say it plainly.
_MEANS: Mapping[str, str] = {
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
    "sts:AssumeRole": "become",
    "*": "do everything",
}
_IS: Mapping[str, str] = {
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


def sentence(statement: Mapping[str, Any], policy: Policy) -> str:
    """A statement in words, names and actions set as code."""
    named = principals(statement)
    if "NotPrincipal" in statement:
        who = "everyone but " + code_list(map(short, principals({"Principal": statement["NotPrincipal"]})))
    elif named:
        who = "anyone" if named == ["*"] else code_list(map(short, named))
    else:
        who = f"`{short(str(policy.owner))}`"
    may = "may" if statement.get("Effect") == "Allow" else "may **not**"
    if "NotAction" in statement:
        does = "do everything but " + code_list(listed(statement["NotAction"]))
    else:
        does = actions_words(listed(statement.get("Action")))
    if policy.kind == "trust":
        where = f" `{short(str(policy.owner))}`"
    elif "NotResource" in statement:
        where = " on everything but " + code_list(map(short, listed(statement["NotResource"])))
    else:
        resources = listed(statement.get("Resource"))
        if policy.kind in ("key", "resource") and resources == ["*"]:
            where = f" with `{short(str(policy.owner))}`"
        else:
            where = " on " + ("everything" if resources == ["*"] else code_list(map(short, resources)))
    return f"{who} {may} {does}{where}{_conditions(statement)}"


def short(name: str) -> str:
    """An ARN without what everybody knows; `account/name` for what is not plainly a bucket or a role."""
    match = _ARN.fullmatch(name)
    if match is None:
        return name
    service, account, rest = match.groups()
    if service == "iam":
        return f"account {account}" if rest == "root" else rest.removeprefix("role/")
    if service == "kms":
        return rest.removeprefix("key/")
    return rest


def code_list(names: Iterable[str]) -> str:
    """Names as code, the last after an "and"."""
    found = [f"`{name}`" for name in names]
    return found[0] if len(found) == 1 else ", ".join(found[:-1]) + f" and {found[-1]}" if found else "nothing"


def actions_words(actions: Sequence[str]) -> str:
    """What actions let one do, and their names."""
    known = [action for action in actions if action in _MEANS]
    words = list(dict.fromkeys(_MEANS[action] for action in known))
    others = [f"`{action}`" for action in actions if action not in _MEANS]
    if not known:
        return "call " + ", ".join(others)
    told = ", ".join(words) + " (" + ", ".join(f"`{action}`" for action in known) + ")"
    return told + (" and call " + ", ".join(others) if others else "")


def _conditions(statement: Mapping[str, Any]) -> str:
    found = []
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            plain = " or ".join(
                f"`{value}`" for value in listed(values if not isinstance(values, bool) else str(values))
            )
            found.append(f"`{key}` {_IS.get(operator, f'{operator}')} {plain}")
    return " if " + " and ".join(found) if found else ""
