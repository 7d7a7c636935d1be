"""A Task state with everything that its permissions follow from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modules.asl.bounds import Bounds
from modules.asl.gap import Gap
from modules.asl.grant import Grant
from modules.asl.machine_location import MachineLocation, is_arn
from modules.asl.nested_states import NestedState
from modules.asl.statement import Condition

# The need of `aws-sdk:` calls.
CALLS = "call-services"


@dataclass(frozen=True)
class Task:
    """A Task of a machine at a location. The bounds hold the values that only a run knows."""

    state: NestedState
    location: MachineLocation
    bounds: Bounds

    def has(self, field: str) -> bool:
        """Whether the arguments contain a field, as far as the definition shows."""
        return self.state.argument(field) is not None

    def argument_fields(self) -> list[str]:
        """The fields of the arguments, without `.$`."""
        arguments = self.state.arguments
        return [str(field).removesuffix(".$") for field in arguments] if isinstance(arguments, Mapping) else []

    def values(self, field: str, example: str) -> list[str]:
        """The values that a field of the arguments can have."""
        return self.bounds.values(self.state.name, field, self.state.argument(field), example)

    def arns(self, field: str, service: str, kind: str = "") -> list[str]:
        """The ARNs of a field: an ARN as it is, a name as the ARN of a resource in this account and Region."""
        values = self.values(field, f'"<{service} name or ARN>"')
        return [value if is_arn(value) else self.location.arn(service, f"{kind}{value}") for value in values]

    def require(self, field: str, why: str, example: str) -> list[str]:
        """The bound of a value that the definition doesn't show; without one, an error that says what to pass."""
        return self.bounds.require(self.state.name, field, why, example)

    def refuse(self, why: str) -> None:
        """Report that the statements of this Task must be passed."""
        self.bounds.gaps.append(Gap.of_state(self.state.name, f"Resource {self.state.resource!r} {why}"))


def grant(
    need: str,
    sid: str,
    actions: tuple[str, ...],
    resources: list[str],
    condition: Condition | None = None,
) -> Iterator[Grant]:
    """The grant, unless it has no resources: that error is reported already."""
    if resources:
        yield Grant(need=need, sid=sid, actions=actions, resources=tuple(resources), condition=condition)
