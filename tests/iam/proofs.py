"""What is proved of roles and buckets: who may do what, that nobody may more, that no statement is superfluous."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mapspan.review.iam.accounts import Accounts, Place
from mapspan.review.iam.simulator import Call, Side, Simulator


@dataclass(frozen=True)
class Cell:
    """A call of the matrix: whether it should be allowed, and whether it is."""

    call: Call
    expected: bool
    allowed: bool


def matrix(simulator: Simulator, accounts: Accounts, calls: Iterable[Call]) -> Iterator[Cell]:
    """Every call made by its own principal, and by every other role: only its own is expected to be allowed.

    A call that several roles make stands in `calls` once for each.
    """
    made = {(call.principal, call.action, call.resource, tuple(call.context.items())) for call in calls}
    asked = {(action, resource, context) for _, action, resource, context in made}
    for action, resource, context in sorted(asked):
        makers = {principal for principal, *rest in made if tuple(rest) == (action, resource, context)}
        for principal in sorted({*accounts.roles, *makers}):
            call = Call(principal, action, resource, dict(context))
            yield Cell(call, principal in makers, simulator.allows(accounts, call))


def table(cells: Sequence[Cell]) -> str:
    """The matrix to read: a line for each call, a column for each principal; `!` marks a surprise."""
    principals = sorted({cell.call.principal for cell in cells})
    lines = ["  ".join(["call", *(short(principal) for principal in principals)])]
    rows: dict[str, dict[str, str]] = {}
    for cell in cells:
        name = str(cell.call).partition(" ")[2]
        mark = ("Y" if cell.allowed else "-") + ("" if cell.allowed == cell.expected else "!")
        rows.setdefault(name, {})[cell.call.principal] = mark
    for name, marks in rows.items():
        columns = (marks.get(principal, "").center(len(short(principal))) for principal in principals)
        lines.append("  ".join([name, *columns]))
    return "\n".join(lines)


def short(principal: str) -> str:
    """A role's name, or a service."""
    return principal.rsplit("/", maxsplit=1)[-1]


def surprises(cells: Iterable[Cell]) -> list[str]:
    """The calls that are not decided as expected."""
    return [
        f"{cell.call}: {'allowed' if cell.allowed else 'denied'}" for cell in cells if cell.allowed != cell.expected
    ]


def superfluous(
    simulator: Simulator, accounts: Accounts, *, made: Sequence[Call], refused: Sequence[Call]
) -> list[Place]:
    """The statements that nothing depends on: without them every call is decided as before.

    `made` are allowed as things stand and `refused` denied: an Allow is needed for a call that is made, a Deny
    for one that must not be.
    """
    broken = [str(call) for call in made if not simulator.allows(accounts, call)]
    broken += [f"not {call}" for call in refused if simulator.allows(accounts, call)]
    assert not broken, f"decided wrongly before anything was taken out: {broken}"
    found = []
    for place, statement in accounts.statements():
        fewer = accounts.without(place)
        if statement["Effect"] == "Allow":
            needed = any(not simulator.allows(fewer, call) for call in made)
        else:
            needed = any(simulator.allows(fewer, call) for call in refused)
        if not needed:
            found.append(place)
    return found


def unexpected(
    simulator: Simulator,
    accounts: Accounts,
    principal: str,
    made: Iterable[Call],
    resources: Sequence[str],
    *,
    contexts: Sequence[Mapping[str, str]] = ({},),
) -> list[str]:
    """What a role is allowed, of every IAM action on every resource in every context, beyond the calls it makes.

    A call counts in the contexts that hold its own. Across accounts both sides must allow, so that one that is
    too wide alone would not show: each is swept on its own too, the other allowing everything. Within an
    account either side is enough, and what is too wide shows at once.
    """
    account = principal.split(":")[4]
    abroad = [resource for resource in resources if resource != "*" and accounts.account_of(resource) != account]
    sides: list[tuple[str, Side, Sequence[str]]] = [("both sides", "both", resources)]
    if abroad:
        sides += [("its own side", "identity", abroad), ("the other side", "resource", abroad)]
    found: list[str] = []
    for context in contexts:
        expected = {
            (call.action, call.resource)
            for call in made
            if call.principal == principal and call.context.items() <= context.items()
        }
        for name, side, swept in sides:
            allowed = simulator.sweep(accounts, principal, swept, context=context, side=side)
            found += [
                str(Call(principal, action, resource, context)) + f" ({name})"
                for action, resource in sorted(allowed - expected)
            ]
    return found
