"""A plan's entries as changes: one for each object that the plan knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mapspan.checkout import CommandError
from mapspan.review.changes.placeholder import Placeholder, Unknown, with_placeholders
from mapspan.review.changes.plan_json import Change, Entry, Module, PlanJson, ResourceConfiguration
from mapspan.review.changes.resource_change import Action, ResourceChange

_ACTIONS: Mapping[tuple[str, ...], Action] = {
    ("no-op",): "no-op",
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("forget",): "forget",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
}
_CREATE_AND_FORGET = {"create", "forget"}
# An instance's key in an address. A text may hold brackets, dots and escaped quotes.
_INSTANCE_KEY = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^"\]]*)\]')

Attributes = Mapping[str, Any] | None


def read_entries(plan: PlanJson) -> list[ResourceChange]:
    """The change of every managed resource, with the account of its provider.

    Raises:
        CommandError: an entry has an action that no known version of terraform has.
    """
    configuration = plan.configuration
    providers = {key: _account(provider) for key, provider in (configuration.provider_config or {}).items()}
    resources = dict(_resources(configuration.root_module, ""))
    return [
        change
        for entry in plan.resource_changes or ()
        if entry.mode == "managed"
        for change in _EntryReader(entry, resources.get(_INSTANCE_KEY.sub("", entry.address)), providers).changes()
    ]


def _resources(module: Module, prefix: str) -> Iterator[tuple[str, ResourceConfiguration]]:
    """Every resource of the configuration by its address, which holds no instance keys."""
    for resource in module.resources or ():
        yield f"{prefix}{resource.address}", resource
    for name, call in (module.module_calls or {}).items():
        yield from _resources(call.module, f"{prefix}module.{name}.")


@dataclass(frozen=True)
class _EntryReader:
    """Reads one entry, with its resource's configuration if there is one, and each provider's account."""

    entry: Entry
    resource: ResourceConfiguration | None
    providers: Mapping[str, str | None]

    def changes(self) -> Iterator[ResourceChange]:
        """One change, or two if terraform creates a new object and forgets the old one, which stays in AWS."""
        before, after = self._before(), self._after()
        address = self.entry.address
        if set(self.entry.change.actions) == _CREATE_AND_FORGET:
            yield self._change(f"{address} (old object)", "forget", before, before)
            yield self._change(address, "create", None, after)
            return
        action = self._action()
        if self.entry.deposed:
            address = f"{address} (deposed object {self.entry.deposed})"
        if action == "forget" or (action == "no-op" and "after" not in self.entry.change.model_fields_set):
            after = before
        yield self._change(address, action, before, None if action == "delete" else after)

    def _action(self) -> Action:
        change = self.entry.change
        action = _ACTIONS.get(tuple(change.actions))
        if action is None:
            raise CommandError(
                f"the plan can't be read: this version of mapspan doesn't know the action"
                f" {' and '.join(change.actions) or 'without a name'} of {self.entry.address}"
            )
        if action == "no-op" and change.importing is not None:
            return "import"
        return "move" if action == "no-op" and self._previous_address() else action

    def _change(self, address: str, action: Action, before: Attributes, after: Attributes) -> ResourceChange:
        templates = _templates(self.resource)
        unknown = {name for name, value in (after or {}).items() if isinstance(value, Unknown)}
        importing = self.entry.change.importing
        return ResourceChange(
            address=address,
            type=self.entry.type,
            action=action,
            account_id=self.providers.get(self.resource.provider_config_key) if self.resource else None,
            before=before,
            after=after,
            computed=frozenset(unknown - templates.keys()),
            templates=templates,
            replaced_for=[".".join(map(str, path)) for path in self.entry.change.replace_paths or ()],
            action_reason=self.entry.action_reason,
            imported_id=None if importing is None else str(importing.get("id") or ""),
            previous_address=self._previous_address(),
        )

    def _previous_address(self) -> str | None:
        previous = self.entry.previous_address
        return previous if previous != self.entry.address else None

    def _before(self) -> Attributes:
        change = self.entry.change
        return _by_attribute(change, with_placeholders(change.before, sensitive=change.before_sensitive))

    def _after(self) -> Attributes:
        change = self.entry.change
        return _by_attribute(
            change,
            with_placeholders(change.after, unknown=change.after_unknown, sensitive=change.after_sensitive),
        )


def _by_attribute(change: Change, value: Any) -> Attributes:
    """The attributes, each a placeholder if the whole resource is marked."""
    if not isinstance(value, Placeholder):
        return value  # type: ignore[no-any-return] # with_placeholders keeps the type of what it gets
    return dict.fromkeys({**(change.before or {}), **(change.after or {})}, value)


def _account(provider: Mapping[str, Any]) -> str | None:
    """The account that a provider's configuration may touch."""
    expressions = provider.get("expressions")
    allowed = expressions.get("allowed_account_ids") if isinstance(expressions, Mapping) else None
    account_ids = allowed.get("constant_value") if isinstance(allowed, Mapping) else None
    return str(account_ids[0]) if isinstance(account_ids, list) and len(account_ids) == 1 else None


def _templates(resource: ResourceConfiguration | None) -> dict[str, str]:
    """The text of each attribute that refers to other resources."""
    expressions = (resource.expressions if resource else None) or {}
    return {
        name: expression["constant_value"]
        for name, expression in expressions.items()
        if isinstance(expression, Mapping)
        and expression.get("references")
        and isinstance(expression.get("constant_value"), str)
    }
