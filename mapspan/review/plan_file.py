"""Plan files as people have them: terraform's own, or its JSON, in whatever encoding a shell or a wrapper wrote."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from mapspan.checkout import CommandError, synthesize
from mapspan.deploying.saved_plan import stack_directory
from mapspan.deploying.terraform import Terraform

_ZIP = b"PK\x03\x04"  # terraform's own file is an archive
# A wrapper, such as that of the action setup-terraform, writes lines around the JSON: the command, and its exit code.
_OBJECT_START = re.compile(r"^\s*\{", re.MULTILINE)


def read_plan_file(environment: str, file: Path) -> dict[str, Any]:
    """The JSON of a plan in a file: terraform's own file, of the environment's stack, or its JSON.

    Raises:
        CommandError: it is neither, or it can't be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"--plan: {file} can't be read: {error.strerror}") from error
    return _saved_plan(environment, file) if content.startswith(_ZIP) else _json_plan(file, content)


def _saved_plan(environment: str, file: Path) -> dict[str, Any]:
    """Terraform's own file as JSON, which terraform writes only where the stack's provider is installed."""
    directory = stack_directory(environment)
    if (directory / ".terraform").is_dir():
        return dict(Terraform(directory).show_plan(file.resolve()))
    with tempfile.TemporaryDirectory() as outdir:
        synthesize(Path(outdir))
        terraform = Terraform(Path(outdir) / "stacks" / environment)
        terraform.init(backend=False)
        return dict(terraform.show_plan(file.resolve()))


def _json_plan(file: Path, content: bytes) -> dict[str, Any]:
    """The JSON object in a file, with or without a wrapper's lines around it."""
    try:
        # PowerShell writes UTF-16; json knows every encoding of Unicode by its first bytes.
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError:
        raise CommandError(f"--plan: {file} is neither a saved plan nor text") from None
    if not text.strip():
        raise CommandError(f"--plan: {file} is empty: `terraform show -json` has failed, or has yet to write it")
    start = _OBJECT_START.search(text)
    if start is None:
        raise CommandError(f"--plan: {file} is not a plan: it holds no JSON object")
    try:
        plan_json, end = json.JSONDecoder().raw_decode(text, start.end() - 1)
    except RecursionError:
        raise CommandError(f"--plan: {file} is not a plan: its JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise CommandError(f"--plan: {file} is not JSON: {error}") from error
    if _OBJECT_START.search(text, end):
        raise CommandError(f"--plan: {file} is not one plan: it holds several JSON objects")
    return dict(plan_json)
