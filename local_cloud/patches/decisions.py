"""A record of IAM's decisions: which principal may do what to which resource, each once."""

import json
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-untyped] # it has no types


def record_decisions(file: Path) -> None:
    """Appends a JSON line for each decision: `{"principal": …, "action": …, "resource": …, "allowed": …}`.

    Decisions on the root of an account are left out, since it may do everything.
    """
    enforce = iam_evaluator.enforce
    recorded: set[str] = set()

    def enforce_and_record(access_key: str, action: str, service: str, region: str, **context: Any) -> Any:
        denial = enforce(access_key, action, service, region, **context)
        principal = iam_evaluator.caller_arn()
        if not principal.endswith(":root"):
            resource = context.get("resource_arn", "*")
            line = json.dumps(
                {"principal": principal, "action": action, "resource": resource, "allowed": denial is None}
            )
            if line not in recorded:
                recorded.add(line)
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(line + "\n")
        return denial

    iam_evaluator.enforce = enforce_and_record
