"""Statements by need, written as IAM policies, Terraform resources or plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from modules.asl.grant import AFTER_THE_MACHINE, unique_sid
from modules.asl.statement import Statement
from modules.terraform_template import text_literal

Needs = Mapping[str, list[Statement]]

VERSION = "2012-10-17"
ROLE = "state_machine_role"
_LINE = "\n"


class PolicyFormat(StrEnum):
    """How statements are written."""

    POLICY = "policy"
    POLICIES = "policies"
    TERRAFORM = "terraform"
    TERRAFORM_JSON = "terraform-json"
    JSON = "json"


def written(needs: Needs, policy_format: PolicyFormat) -> str:
    """The statements in a format, ending with a newline."""
    return _WRITERS[policy_format](needs)


def inline_length(needs: Needs) -> int:
    """The characters of a policy for each need, as IAM counts them: without white space."""
    documents = (json.dumps(_document(statements), separators=(",", ":")) for statements in needs.values())
    return sum(map(len, documents))


def _policy(needs: Needs) -> str:
    """One policy document. IAM wants each Sid once in it."""
    sids: set[str] = set()
    statements = []
    for statement in (statement for statements in needs.values() for statement in statements):
        sid = unique_sid(statement["Sid"], sids)
        sids.add(sid)
        statements.append({**statement, "Sid": sid})
    return _json(_document(statements))


def _policies(needs: Needs) -> str:
    return _json({need: _document(statements) for need, statements in needs.items()})


def _plain(needs: Needs) -> str:
    return _json(needs)


def _terraform_json(needs: Needs) -> str:
    """For a file NAME.tf.json. The policy is a string in it, in which Terraform reads templates."""
    policies = {
        _label(need): {
            "name": need,
            "role": f"${{var.{ROLE}}}",
            "policy": text_literal(json.dumps(_document(statements))),
        }
        for need, statements in needs.items()
    }
    variable = {ROLE: {"type": "string", "description": _ROLE_DESCRIPTION}}
    return _json({"variable": variable, "resource": {"aws_iam_role_policy": policies}})


def _terraform(needs: Needs) -> str:
    """For a file NAME.tf."""
    variable = f'variable "{ROLE}" {{\n  type        = string\n  description = {_hcl(_ROLE_DESCRIPTION)}\n}}\n'
    return "\n".join([variable, *(_resource(need, statements) for need, statements in needs.items())])


def _resource(need: str, statements: list[Statement]) -> str:
    comment = f"# {_AFTER}\n" if need in AFTER_THE_MACHINE else ""
    return (
        f'{comment}resource "aws_iam_role_policy" "{_label(need)}" {{\n'
        f"  name = {_hcl(need)}\n"
        f"  role = var.{ROLE}\n"
        f"  policy = jsonencode({_hcl(_document(statements), 1)})\n"
        "}\n"
    )


_ROLE_DESCRIPTION = "The name of the state machine's role."
_AFTER = "It names the machine by its ARN, not by a reference, so there is no cycle."


def _hcl(value: object, depth: int = 0) -> str:
    """A JSON value as an expression of HCL, as `terraform fmt` writes it, with texts in which nothing is a template."""
    inside, end = "  " * (depth + 1), "  " * depth
    if isinstance(value, Mapping):
        members = [(_hcl_name(name), _hcl(item, depth + 1)) for name, item in value.items()]
        width = max((len(name) for name, item in members if _LINE not in item), default=0)
        lines = [f"{name if _LINE in item else name.ljust(width)} = {item}" for name, item in members]
        return "{\n" + "".join(f"{inside}{line}\n" for line in lines) + f"{end}}}"
    if isinstance(value, list):
        items = "".join(f"{inside}{_hcl(item, depth + 1)},\n" for item in value)
        return f"[\n{items}{end}]" if value else "[]"
    return text_literal(json.dumps(value))


def _hcl_name(name: str) -> str:
    return name if name.isidentifier() else text_literal(json.dumps(name))


def _label(need: str) -> str:
    """The need as Terraform writes names."""
    return need.replace("-", "_")


def _document(statements: list[Any]) -> dict[str, object]:
    return {"Version": VERSION, "Statement": statements}


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


_WRITERS: Mapping[PolicyFormat, Callable[[Needs], str]] = {
    PolicyFormat.POLICY: _policy,
    PolicyFormat.POLICIES: _policies,
    PolicyFormat.TERRAFORM: _terraform,
    PolicyFormat.TERRAFORM_JSON: _terraform_json,
    PolicyFormat.JSON: _plain,
}
