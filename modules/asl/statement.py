"""A statement of an IAM policy, in the form of its JSON."""

from typing import Literal, NotRequired, TypedDict

Condition = dict[str, dict[str, str | list[str]]]


class Statement(TypedDict):
    """Its actions and resources are sorted lists without duplicates, so that the same need gives the same bytes."""

    Sid: str
    Effect: Literal["Allow"]
    Action: list[str]
    Resource: list[str]
    Condition: NotRequired[Condition]


def allow(sid: str, actions: list[str], resources: list[str], condition: Condition | None = None) -> Statement:
    """A statement that allows `actions` on `resources`; the Sid names the need."""
    statement = Statement(Sid=sid, Effect="Allow", Action=sorted(set(actions)), Resource=sorted(set(resources)))
    if condition is not None:
        statement["Condition"] = condition
    return statement


def list_condition(prefix: str, *, exactly: bool) -> Condition | None:
    """The condition for listing exactly this prefix, or any that begins with it; None for the whole bucket."""
    if not prefix:
        return None
    return {"StringEquals": {"s3:prefix": prefix}} if exactly else {"StringLike": {"s3:prefix": f"{prefix}*"}}
