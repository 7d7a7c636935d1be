"""The IAM statements that a definition needs, grouped by need, each on the narrowest resource.

They follow from every state, at any depth of Maps and Parallels. What can't be derived (a resource that only a run
knows, an unknown integration) is an error that names the state and says what to pass: never a silent gap, never a
silent `*`.
The command is `mapspan permissions`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from modules.asl.bounds import Bounds, RunTimeBounds
from modules.asl.gap import Gap
from modules.asl.grant import Grant, statements_by_need
from modules.asl.machine_location import MachineLocation
from modules.asl.map_grants import map_grants
from modules.asl.nested_states import NestedState, nested_states
from modules.asl.query_language import DefinitionError
from modules.asl.statement import Statement
from modules.asl.task_grants import task_grants


class UnderivableError(ValueError):
    """Permissions that can't be derived from a definition: each gap names the state and what to pass.

    `derived` are the statements of everything else.
    """

    def __init__(self, gaps: Sequence[Gap], derived: Mapping[str, list[Statement]] | None = None) -> None:
        self.errors = [str(gap) for gap in gaps]
        super().__init__("\n".join(self.errors))
        self.gaps = gaps
        self.derived = derived or {}


def needs(
    definition: Mapping[str, object],
    *,
    name: str,
    account_id: str,
    region: str,
    partition: str | None = None,
    bounds: RunTimeBounds | None = None,
    kms_keys: Mapping[str, str] | None = None,
    explicit: Mapping[str, Sequence[Statement]] | None = None,
    logging: bool = True,
    tracing: bool = True,
) -> dict[str, list[Statement]]:
    """The statements of each need of the machine `name`: `{"invoke-functions": [Statement, …], …}`.

    `partition` is that of derived ARNs; by default, the Region's. `bounds` are the possible values of run-time fields,
    `{state: {field: value or values}}`: a Prefix or Key *begins* with one of them, any other field *is* one of them.
    `kms_keys` are the KMS key ARNs of the buckets that have one, by bucket. `explicit` are the statements of states for
    which nothing shall be derived. `logging` and `tracing` are whether the machine logs and traces.

    Raises UnderivableError with everything that must be passed, DefinitionError if it is not a definition.
    """
    location = MachineLocation(
        region=region, account_id=account_id, machine=name, kms_keys=kms_keys or {}, own_partition=partition
    )
    fields = Bounds(bounds)
    unused = dict(explicit or {})
    grants: list[Grant] = []
    explicit_statements: list[Statement] = []
    for state in _all_states(definition):
        if state.name in unused:
            explicit_statements.extend(unused.pop(state.name))
        else:
            grants.extend(_state_grants(state, location, fields))
    derived = statements_by_need([*grants, *_service_grants(logging=logging, tracing=tracing)])
    if explicit_statements:
        derived["explicit"] = explicit_statements
    gaps = [
        *fields.gaps,
        *_placeholders(derived),
        *fields.unused(),
        *(Gap(reason=f'explicit["{state}"]: unknown state; correct its name') for state in unused),
    ]
    if gaps:
        raise UnderivableError(gaps, derived)
    return derived


def _all_states(definition: Mapping[str, object]) -> list[NestedState]:
    try:
        return list(nested_states(definition))
    except RecursionError as error:
        raise DefinitionError(["the states are nested too deeply"]) from error


# Not a CDKTF token, which Terraform resolves, and not a variable of IAM's, which an explicit statement may have.
_PLACEHOLDER = re.compile(r"\$\{(?!TfToken\[|aws:|[*?$]\})[^}]*\}?")


def has_placeholder(statement: Statement) -> bool:
    """Whether a statement contains a placeholder, which IAM would read as a variable of its own."""
    return bool(_PLACEHOLDER.search(json.dumps(statement)))


def _placeholders(derived: Mapping[str, list[Statement]]) -> Iterator[Gap]:
    """A gap for each placeholder in a statement."""
    for statement in (statement for statements in derived.values() for statement in statements):
        for placeholder in dict.fromkeys(_PLACEHOLDER.findall(json.dumps(statement))):
            yield Gap(reason=f"{statement['Sid']} contains the placeholder {placeholder}: write its value in its place")


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
