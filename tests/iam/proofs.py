"""Proofs about roles and buckets: who may do what, that nobody may do more, and that every statement is needed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mapspan.review.iam.accounts import Accounts
from mapspan.review.iam.simulator import Call, Side, Simulator


@dataclass(frozen=True)
class Cell:
    """A call of the matrix: whether it should be allowed, and whether it is."""

    call: Call
    expected: bool
    allowed: bool


def matrix(simulator: Simulator, accounts: Accounts, calls: Iterable[Call]) -> Iterator[Cell]:
    """Every call by its own principal, which should be allowed, and by every other role, which shouldn't.

    A call that several roles make stands in `calls` once for each role.
    """
    expected = {(call.principal, call.action, call.resource, tuple(call.context.items())) for call in calls}
    for action, resource, context in sorted({(action, resource, context) for _, action, resource, context in expected}):
        callers = {principal for principal, *rest in expected if tuple(rest) == (action, resource, context)}
        for principal in sorted({*accounts.roles, *callers}):
            call = Call(principal, action, resource, dict(context))
            yield Cell(call, principal in callers, simulator.allows(accounts, call))


def table(cells: Sequence[Cell]) -> str:
    """The matrix as text: a line for each call, a column for each principal; `!` marks a surprise."""
    principals = sorted({cell.call.principal for cell in cells})
    lines = ["  ".join(["call", *(short_name(principal) for principal in principals)])]
    rows: dict[str, dict[str, str]] = {}
    for cell in cells:
        name = str(cell.call).partition(" ")[2]
        mark = ("Y" if cell.allowed else "-") + ("" if cell.allowed == cell.expected else "!")
        rows.setdefault(name, {})[cell.call.principal] = mark
    for name, marks in rows.items():
        columns = (marks.get(principal, "").center(len(short_name(principal))) for principal in principals)
        lines.append("  ".join([name, *columns]))
    return "\n".join(lines)


def short_name(principal: str) -> str:
    """A role's name, or a service."""
    return principal.rsplit("/", maxsplit=1)[-1]


def surprises(cells: Iterable[Cell]) -> list[str]:
    """The calls that are not decided as expected."""
    return [
        f"{cell.call}: {'allowed' if cell.allowed else 'denied'}" for cell in cells if cell.allowed != cell.expected
    ]


def unexpected_access(
    simulator: Simulator,
    accounts: Accounts,
    principal: str,
    calls: Iterable[Call],
    resources: Sequence[str],
    *,
    contexts: Sequence[Mapping[str, str]] = ({},),
) -> list[str]:
    """What a role is allowed beyond the calls it makes, of every IAM action on every resource in every context.

    A call is expected in the contexts that contain its own. Across accounts both sides must allow a call, so that a
    side that is too wide doesn't show while the other blocks: each side is swept alone too, with the other one allowing
    everything. Within an account one side is enough, and a side that is too wide shows at once.
    """
    account = principal.split(":")[4]
    foreign = [resource for resource in resources if resource != "*" and accounts.account_of(resource) != account]
    sweeps: list[tuple[str, Side, Sequence[str]]] = [("both sides", "both", resources)]
    if foreign:
        sweeps += [("its own side", "identity", foreign), ("the other side", "resource", foreign)]
    surplus: list[str] = []
    for context in contexts:
        expected = {
            (call.action, call.resource)
            for call in calls
            if call.principal == principal and call.context.items() <= context.items()
        }
        for name, side, swept_resources in sweeps:
            allowed = simulator.sweep(accounts, principal, swept_resources, context=context, side=side)
            surplus += [
                str(Call(principal, action, resource, context)) + f" ({name})"
                for action, resource in sorted(allowed - expected)
            ]
    return surplus
