"""The name of a principal, as a table and a picture show it."""

from __future__ import annotations

import re

from mapspan.review.page.wording import short_name
from mapspan.review.who_may.access_table import Principal

# A role or user, whose short name doesn't show its account.
_MEMBER = re.compile(r"arn:[^:]+:(iam|sts)::\d{12}:(?!root$)")


def principal_name(principal: Principal) -> str:
    """A role's name, `account 123456789012`, a service, or `anyone`; with the account if the plan doesn't have it."""
    name = short_name(principal.name)
    if principal.in_plan or not _MEMBER.match(principal.name):
        return name
    return f"{name} of {principal.account_id}"
