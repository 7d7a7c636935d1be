"""A Task, and all that is needed to say what its call costs."""

from collections.abc import Iterator
from dataclasses import dataclass

from modules.asl.bounds import Bounds
from modules.asl.grant import Grant
from modules.asl.machine_location import MachineLocation, is_arn
from modules.asl.nested_states import NestedState
from modules.asl.statement import Condition


@dataclass(frozen=True)
class Task:
    """A Task of a machine at a place; what only the run knows about it comes from the bounds."""

    state: NestedState
    place: MachineLocation
    bounds: Bounds

    def has(self, field: str) -> bool:
        """Whether the arguments hold a field, as far as the definition tells."""
        return self.state.argument(field) is not None

    def values(self, field: str, what: str) -> list[str]:
        """What a field of the arguments can be."""
        return self.bounds.values(self.state.name, field, self.state.argument(field), what)

    def arns(self, field: str, service: str, kind: str = "") -> list[str]:
        """The ARNs a field means: an ARN is taken as it is, a name is one of this account and Region."""
        values = self.values(field, f'"<{service} name or ARN>"')
        return [value if is_arn(value) else self.place.arn(service, f"{kind}{value}") for value in values]

    def ask(self, field: str, why: str, what: str) -> list[str]:
        """What was passed for something that the definition doesn't tell, else an error that says what to pass."""
        return self.bounds.ask(self.state.name, field, why, what)

    def refuse(self, why: str) -> None:
        """An error that says the statements must be passed."""
        self.bounds.errors.append(
            f"{self.state.name}: Resource {self.state.resource!r} {why}; "
            f'pass explicit={{"{self.state.name}": [<Statement>, …]}}'
        )


def grant(
    need: str,
    sid: str,
    actions: tuple[str, ...],
    resources: list[str],
    condition: Condition | None = None,
) -> Iterator[Grant]:
    """The grant, unless its resources are missing, which is reported already."""
    if resources:
        yield Grant(need=need, sid=sid, actions=actions, resources=tuple(resources), condition=condition)
