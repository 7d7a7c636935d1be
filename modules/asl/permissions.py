"""The IAM statements that a definition needs, grouped by need, each on the narrowest resource.

Every state is walked, those inside Maps and Parallels included. What can't be derived (a resource known only
at run time, an integration not known here) is an error that names the state and says what to pass: never a
silent gap, never a silent `*`.

    python -m modules.asl.permissions FILE.asl.json --name NAME --account-id ID --region REGION
"""

from collections.abc import Iterator, Mapping, Sequence

from modules.asl.bounds import Bounds, RunTimeBounds
from modules.asl.grant import Grant, statements_by_need
from modules.asl.map_grants import map_grants
from modules.asl.nested_states import NestedState, nested_states
from modules.asl.place import Place
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
    place = Place(partition=partition, region=region, account_id=account_id, machine=name)
    reader = Bounds(bounds)
    stated = dict(explicit or {})
    grants: list[Grant] = []
    said: list[Statement] = []
    for state in nested_states(definition):
        if state.name in stated:
            said.extend(stated.pop(state.name))
        else:
            grants.extend(_state_grants(state, place, reader, kms_keys or {}))
    errors = [*reader.errors, *reader.unused(), *(f'explicit["{state}"]: there is no such state' for state in stated)]
    if errors:
        raise UnderivableError(errors)
    found = statements_by_need([*grants, *_service_grants(logging=logging, tracing=tracing)])
    return {**found, **({"explicit": said} if said else {})}


def _state_grants(state: NestedState, place: Place, bounds: Bounds, kms_keys: Mapping[str, str]) -> Iterator[Grant]:
    if state.is_distributed_map:
        yield from map_grants(state, place, bounds, kms_keys)
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
