"""The KMS keys that a call names: by id, by ARN or by alias."""

from modules.asl.statement import Condition
from modules.asl.task import Task


def key_resources(task: Task, field: str) -> tuple[list[str], Condition]:
    """The ARNs of a field's keys, and the condition that limits them if they are named by aliases.

    A policy can't name an alias as the resource of a key's use. It allows each key that has the alias.
    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    arns = task.arns(field, "kms", "key/")
    aliases = {
        arn.rpartition(":alias/")[2] if ":alias/" in arn else arn.rpartition(":key/alias/")[2]
        for arn in arns
        if "alias/" in arn
    }
    if not aliases:
        return arns, {}
    if len(arns) > len(aliases):
        task.refuse(f"names keys and aliases in one field ({field})")
        return [], {}
    keys = [f"{':'.join(arn.split(':')[:5])}:key/*" for arn in arns]
    names = sorted(f"alias/{alias}" for alias in aliases)
    return keys, {"ForAnyValue:StringEquals": {"kms:ResourceAliases": names}}
