"""The IAM statements that a definition needs, grouped by need, each on the narrowest resource.

They follow from every state, at any depth of Maps and Parallels. What can't be derived (a resource that only a run
knows, an unknown integration) is an error that names the state and says what to pass: never a silent gap, never a
silent `*`.

    python -m modules.asl.permissions FILE.asl.json
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from modules.asl.bounds import Bounds, RunTimeBounds
from modules.asl.grant import Grant, statements_by_need
from modules.asl.machine_location import MachineLocation
from modules.asl.map_grants import map_grants
from modules.asl.nested_states import NestedState, nested_states
from modules.asl.query_language import DefinitionError
from modules.asl.statement import Statement
from modules.asl.task_grants import task_grants


class UnderivableError(ValueError):
    """Permissions that can't be derived from a definition: each error names the state and what to pass."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


def needs(
    definition: Mapping[str, object],
    *,
    name: str,
    account_id: str,
    region: str,
    bounds: RunTimeBounds | None = None,
    kms_keys: Mapping[str, str] | None = None,
    explicit: Mapping[str, Sequence[Statement]] | None = None,
    logging: bool = True,
    tracing: bool = True,
) -> dict[str, list[Statement]]:
    """The statements of each need of the machine `name`: `{"invoke-functions": [Statement, …], …}`.

    `bounds` are the possible values of run-time fields, `{state: {field: value or values}}`: a Prefix or Key *begins*
    with one of them, any other field *is* one of them. `kms_keys` are the KMS key ARNs of the buckets that have one, by
    bucket. `explicit` are the statements of states for which nothing shall be derived. `logging` and `tracing` are
    whether the machine logs and traces.

    Raises UnderivableError with everything that must be passed, DefinitionError if it is not a definition.
    """
    location = MachineLocation(region=region, account_id=account_id, machine=name, kms_keys=kms_keys or {})
    fields = Bounds(bounds)
    unused = dict(explicit or {})
    grants: list[Grant] = []
    explicit_statements: list[Statement] = []
    for state in nested_states(definition):
        if state.name in unused:
            explicit_statements.extend(unused.pop(state.name))
        else:
            grants.extend(_state_grants(state, location, fields))
    errors = [*fields.errors, *fields.unused(), *(f'explicit["{state}"]: unknown state' for state in unused)]
    if errors:
        raise UnderivableError(errors)
    derived = statements_by_need([*grants, *_service_grants(logging=logging, tracing=tracing)])
    return {**derived, **({"explicit": explicit_statements} if explicit_statements else {})}


def _state_grants(state: NestedState, location: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
    if state.is_distributed_map:
        yield from map_grants(state, location, bounds)
    elif state.state.get("Type") == "Task":
        yield from task_grants(state, location, bounds)


def _service_grants(*, logging: bool, tracing: bool) -> Iterator[Grant]:
    if logging:
        # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
        yield Grant(
            need="deliver-logs",
            sid="DeliverLogs",
            actions=(
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
            ),
            resources=("*",),  # AWS defines no narrower resource for these actions.
        )
    if tracing:
        # https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
        yield Grant(
            need="trace",
            sid="Trace",
            actions=(
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ),
            resources=("*",),  # AWS defines no narrower resource for these actions.
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the statements that the definition in a file needs, as JSON by need. Errors go to stderr."""
    parser = argparse.ArgumentParser(prog="python -m modules.asl.permissions", description=main.__doc__)
    parser.add_argument("file", type=Path, help="a definition, FILE.asl.json")
    parser.add_argument("--name", help="the machine's name; else the file's")
    parser.add_argument("--account-id", help="the machine's account; by default, the one in the definition's ARNs")
    parser.add_argument("--region", help="the machine's Region; by default, the one in the definition's ARNs")
    parser.add_argument("--bounds", type=json.loads, help='as JSON: {"STATE": {"FIELD": "what its value can be"}}')
    parser.add_argument("--kms-keys", type=json.loads, help='as JSON: {"BUCKET": "KEY ARN"}')
    parser.add_argument("--no-logging", dest="logging", action="store_false", help="the machine writes no logs")
    parser.add_argument("--no-tracing", dest="tracing", action="store_false", help="the machine writes no traces")
    options = parser.parse_args(arguments)
    try:
        text = options.file.read_text(encoding="utf-8")
        statements = needs(
            json.loads(text),
            name=options.name or options.file.name.split(".")[0],
            account_id=options.account_id or _only_one(text, 4, r"\d{12}", "--account-id"),
            region=options.region or _only_one(text, 3, r"[a-z]{2}-[a-z-]+-\d", "--region"),
            bounds=options.bounds,
            kms_keys=options.kms_keys,
            logging=options.logging,
            tracing=options.tracing,
        )
    except (OSError, json.JSONDecodeError, DefinitionError, UnderivableError) as error:
        sys.stderr.write(f"{options.file}: {error}\n")
        return 1
    sys.stdout.write(json.dumps(statements, indent=2) + "\n")
    return 0


def _only_one(text: str, part: int, pattern: str, option: str) -> str:
    """The account or Region in the ARNs of a definition.

    Raises UnderivableError if they contain none or several.
    """
    arns = re.findall(r"arn:[^\s\"']+", text)
    candidates: set[str] = {
        parts[part] for arn in arns if len(parts := arn.split(":")) > part and re.fullmatch(pattern, parts[part])
    }
    if len(candidates) != 1:
        raise UnderivableError([f"the ARNs contain {', '.join(sorted(candidates)) or 'none'}; pass {option}"])
    return candidates.pop()


if __name__ == "__main__":
    sys.exit(main())
