"""One statement of an IAM policy, as JSON writes it."""

from typing import Literal, NotRequired, TypedDict

Condition = dict[str, dict[str, str | list[str]]]


class Statement(TypedDict):
    """Actions and resources are lists, sorted and without doubles, so that the same need gives the same bytes."""

    Sid: str
    Effect: Literal["Allow"]
    Action: list[str]
    Resource: list[str]
    Condition: NotRequired[Condition]


def allow(sid: str, actions: list[str], resources: list[str], condition: Condition | None = None) -> Statement:
    """A statement that allows `actions` on `resources`; the Sid says the need."""
    statement = Statement(Sid=sid, Effect="Allow", Action=sorted(set(actions)), Resource=sorted(set(resources)))
    if condition is not None:
        statement["Condition"] = condition
    return statement


def below(prefix: str, *, exactly: bool) -> Condition | None:
    """Listing with that prefix, or with any that begins with it; None where everything may be listed."""
    if not prefix:
        return None
    return {"StringEquals": {"s3:prefix": prefix}} if exactly else {"StringLike": {"s3:prefix": f"{prefix}*"}}
