"""How the stacks of CDK Terrain may differ from those of CDKTF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def differences(ours: Path, theirs: Path) -> list[str]:
    """Each stack below the two output directories whose JSON differs in more than the known places."""
    names = {path.parent.name for path in (*ours.glob("stacks/*/cdk.tf.json"), *theirs.glob("stacks/*/cdk.tf.json"))}
    if not names:
        return [f"{ours}: no stack"]
    return [name for name in sorted(names) if _comparable(ours, name) != _comparable(theirs, name)]


def _comparable(outdir: Path, name: str) -> Any:
    """A stack without the version of the tool, and the source and the version of the AWS provider."""
    path = outdir / "stacks" / name / "cdk.tf.json"
    if not path.is_file():
        return None
    stack = json.loads(path.read_text(encoding="utf-8"))
    stack["//"]["metadata"]["version"] = None
    provider = stack["terraform"]["required_providers"]["aws"]
    provider["source"] = provider["version"] = None
    return stack
