"""What a plan does to one resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["create", "update", "replace", "delete", "forget", "import", "move", "no-op"]
"""An import or a move is one that changes nothing else."""
ACTIONS: tuple[Action, ...] = ("delete", "replace", "forget", "create", "update", "import", "move")
Moment = Literal["before", "after"]


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """What a plan does to one resource.

    Args:
        address: as terraform prints it; that of a deposed object is `aws_iam_role.a (deposed object 1f)`.
        account_id: from the provider's configuration; None if the plan doesn't show it.
        before, after: its attributes at each moment, None if it doesn't exist then. References are resolved as far as
            the plan shows what they refer to; any other value that the plan doesn't show is `Unknown` or `Sensitive`.
        computed: the attributes that AWS or the provider computes during the apply.
        templates: the configuration's text of attributes that refer to other resources.
        replaced_for: the attributes that can't be changed in place.
        action_reason: terraform's own word for why it does this, such as `replace_because_tainted`.
        imported_id: the id of an object that this plan puts under terraform's control; empty if it isn't known yet.
        previous_address: the address that the resource moves from.
    """

    address: str
    type: str
    action: Action
    account_id: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    computed: frozenset[str] = frozenset()
    templates: Mapping[str, str] = field(default_factory=dict)
    replaced_for: Sequence[str] = ()
    action_reason: str | None = None
    imported_id: str | None = None
    previous_address: str | None = None

    def exists(self, moment: Moment) -> bool:
        return self.at(moment) is not None

    def at(self, moment: Moment) -> Mapping[str, Any] | None:
        return self.before if moment == "before" else self.after

    def value(self, attribute: str, moment: Moment) -> Any:
        """An attribute's resolved value; None if the resource doesn't exist then, or doesn't have the attribute."""
        return (self.at(moment) or {}).get(attribute)

    def changed_attributes(self) -> Iterator[tuple[str, Any, Any]]:
        """Each attribute that differs, except those that AWS or the provider computes afterwards."""
        before, after = self.before or {}, self.after or {}
        for name in sorted({*before, *after} - self.computed):
            old, new = before.get(name), after.get(name)
            if old != new and (old or new) and name != "tags_all":
                yield name, old, new
