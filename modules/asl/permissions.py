"""The IAM statements that a definition needs, grouped by need, each on the narrowest resource.

Every state is walked, those inside Maps and Parallels included. What can't be derived (a resource known only
at run time, an integration not known here) is an error that names the state and says what to pass: never a
silent gap, never a silent `*`.

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

# The needs whose policy names the machine and so can only be made after it; a machine may be created only when
# the others exist (one that logs is refused until its role may deliver logs).
AFTER_THE_MACHINE = frozenset({"run-map"})


class UnderivableError(ValueError):
    """What can't be derived from a definition: every gap found, each naming its state and what to pass."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


def needs(
    definition: Mapping[str, object],
    *,
    name: str,
    account_id: str,
    region: str,
    partition: str = "aws",
    bounds: RunTimeBounds | None = None,
    kms_keys: Mapping[str, str] | None = None,
    explicit: Mapping[str, Sequence[Statement]] | None = None,
    logging: bool = True,
    tracing: bool = True,
) -> dict[str, list[Statement]]:
    """The statements of each need of the machine `name`: `{"invoke-functions": [Statement, …], …}`.

    `bounds` says what run-time values can be, `{state: {field: value or values}}`: a Prefix or Key *begins*
    with one of its values, any other field *is* one of them. `kms_keys` are the key ARNs of the buckets that
    have one, by bucket. `explicit` gives a state's statements in place of deriving them. `logging` and
    `tracing` say whether the machine does.

    Raises UnderivableError with everything that must be passed, DefinitionError where it is no definition.
    """
    place = MachineLocation(
        partition=partition, region=region, account_id=account_id, machine=name, kms_keys=kms_keys or {}
    )
    values = Bounds(bounds)
    stated = dict(explicit or {})
    grants: list[Grant] = []
    said: list[Statement] = []
    for state in nested_states(definition):
        if state.name in stated:
            said.extend(stated.pop(state.name))
        else:
            grants.extend(_state_grants(state, place, values))
    errors = [*values.errors, *values.unused(), *(f'explicit["{state}"]: there is no such state' for state in stated)]
    if errors:
        raise UnderivableError(errors)
    found = statements_by_need([*grants, *_service_grants(logging=logging, tracing=tracing)])
    return {**found, **({"explicit": said} if said else {})}


def _state_grants(state: NestedState, place: MachineLocation, bounds: Bounds) -> Iterator[Grant]:
    if state.is_distributed_map:
        yield from map_grants(state, place, bounds)
    elif state.state.get("Type") == "Task":
        yield from task_grants(state, place, bounds)


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
            resources=("*",),  # These actions have no resource to narrow them to.
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
            resources=("*",),  # These actions have no resource to narrow them to.
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the statements that the definition in a file needs, as JSON by need; what can't be derived, to stderr."""
    parser = argparse.ArgumentParser(prog="python -m modules.asl.permissions", description=main.__doc__)
    parser.add_argument("file", type=Path, help="a definition, FILE.asl.json")
    parser.add_argument("--name", help="the machine's name; else the file's")
    parser.add_argument("--account-id", help="the machine's account; else the one that the definition's ARNs name")
    parser.add_argument("--region", help="the machine's Region; else the one that the definition's ARNs name")
    parser.add_argument("--partition", default="aws")
    parser.add_argument("--bounds", type=json.loads, help='as JSON: {"STATE": {"FIELD": "what its value can be"}}')
    parser.add_argument("--kms-keys", type=json.loads, help='as JSON: {"BUCKET": "KEY ARN"}')
    parser.add_argument("--no-logging", dest="logging", action="store_false", help="the machine writes no logs")
    parser.add_argument("--no-tracing", dest="tracing", action="store_false", help="the machine writes no traces")
    given = parser.parse_args(arguments)
    try:
        text = given.file.read_text(encoding="utf-8")
        found = needs(
            json.loads(text),
            name=given.name or given.file.name.split(".")[0],
            account_id=given.account_id or _named_in(text, 4, r"\d{12}", "--account-id"),
            region=given.region or _named_in(text, 3, r"[a-z]{2}-[a-z-]+-\d", "--region"),
            partition=given.partition,
            bounds=given.bounds,
            kms_keys=given.kms_keys,
            logging=given.logging,
            tracing=given.tracing,
        )
    except (OSError, json.JSONDecodeError, DefinitionError, UnderivableError) as error:
        sys.stderr.write(f"{given.file}: {error}\n")
        return 1
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


def _named_in(text: str, part: int, pattern: str, option: str) -> str:
    """The one account or Region that the ARNs of a definition name."""
    arns = re.findall(r"arn:[^\s\"']+", text)
    named: set[str] = {
        parts[part] for arn in arns if len(parts := arn.split(":")) > part and re.fullmatch(pattern, parts[part])
    }
    if len(named) != 1:
        raise UnderivableError([f"the ARNs name {', '.join(sorted(named)) or 'none'}; pass {option}"])
    return named.pop()


if __name__ == "__main__":
    sys.exit(main())
