"""What IAM was asked: who may do what to which resource, a JSON line for each, once."""

import json
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-untyped] # it has no types


def write_down_decisions(file: Path) -> None:
    """`{"principal": …, "action": …, "resource": …, "allowed": …}`; not of an account's root, who may do everything."""
    enforce = iam_evaluator.enforce
    known: set[str] = set()

    def noting(access_key: str, action: str, service: str, region: str, **asked: Any) -> Any:
        denied = enforce(access_key, action, service, region, **asked)
        principal = iam_evaluator.caller_arn()
        if not principal.endswith(":root"):
            resource = asked.get("resource_arn", "*")
            decided = {"principal": principal, "action": action, "resource": resource, "allowed": denied is None}
            line = json.dumps(decided)
            if line not in known:
                known.add(line)
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(line + "\n")
        return denied

    iam_evaluator.enforce = noting
