"""What a plan does besides creating, changing and destroying, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mapspan.review.changes.plan import DeferredChange, Invocation, Plan
from mapspan.review.changes.resource_change import ResourceChange
from mapspan.review.marked_words import code, code_list
from mapspan.review.page.blocks import Block, Line, Points, limited

# https://developer.hashicorp.com/terraform/internals/json-format: the field `reason` of `deferred_changes`
_DEFERRED: Mapping[str, str] = {
    "instance_count_unknown": "the apply decides how many instances it has",
    "resource_config_unknown": "the apply decides its settings",
    "provider_config_unknown": "the apply decides its provider's settings",
    "absent_prereq": "something that it needs doesn't exist yet",
    "deferred_prereq": "it depends on another deferred change",
}
# The field `action_reason` of `resource_changes`, without those that say only that the configuration changed.
_REASONS: Mapping[str, str] = {
    "replace_because_tainted": "it is tainted: an earlier apply failed on it, or `terraform taint` marked it",
    "replace_by_request": "`-replace` asks for it",
    "replace_by_triggers": "`replace_triggered_by` names something that changes",
}
# The field `action_trigger_event` of `action_invocations`: what stands before and after the resource's address.
_EVENTS: Mapping[str, tuple[str, str]] = {
    "BeforeCreate": ("before", "is created"),
    "AfterCreate": ("after", "is created"),
    "BeforeUpdate": ("before", "is changed"),
    "AfterUpdate": ("after", "is changed"),
    "BeforeDestroy": ("before", "is destroyed"),
    "AfterDestroy": ("after", "is destroyed"),
}


def missing_parts(plan: Plan) -> Iterator[Block]:
    """A warning if the plan leaves out a part of the stack."""
    if plan.is_whole:
        return
    yield Line(
        "⚠️ **This plan is not complete**: terraform left out resources, because the command line chose some (`-target`,"
        " `-exclude`) or because their changes are deferred. This review doesn't know what happens to them."
    )
    if plan.deferred:
        yield Points(limited([_deferred_point(deferred) for deferred in plan.deferred]))


def unusual_changes(plan: Plan) -> Iterator[Block]:
    """The actions that run, and what is imported, moved and forgotten."""
    for title, points in (
        (
            "▶️ **The apply runs actions**, and a plan doesn't show what they do",
            map(_invocation_point, plan.invocations),
        ),
        ("📥 **Imported**: terraform controls these from now on", _imports(plan)),
        ("↪️ **Moved** to another address, as they are", _moves(plan)),
        ("⬜ **Forgotten**: these stay in AWS, and terraform no longer controls them", _forgotten(plan)),
    ):
        if some_points := limited(list(points)):
            yield Line(title)
            yield Points(some_points)


def reason_words(change: ResourceChange) -> str:
    """Why terraform replaces a resource."""
    if reason := _REASONS.get(change.action_reason or ""):
        return f" because {reason}"
    return f" because {code_list(change.replaced_for)} can't be changed in place" if change.replaced_for else ""


def _deferred_point(deferred: DeferredChange) -> str:
    reason = code(deferred.reason) if deferred.reason else "terraform gives no reason"
    return f"{code(deferred.address)} is deferred: {_DEFERRED.get(deferred.reason, reason)}"


def _invocation_point(invocation: Invocation) -> str:
    when = "once, as the command line asks"
    if invocation.trigger:
        before, after = _EVENTS.get(invocation.event, (f"at {code(invocation.event)} of", ""))
        when = f"{before} {code(invocation.trigger)} {after}".rstrip()
    return f"{code(invocation.address)} {when}{' (deferred to a later plan)' if invocation.deferred else ''}"


def _imports(plan: Plan) -> Iterator[str]:
    for change in plan.effective:
        if change.imported_id is not None:
            yield code(change.address) + (f", which is {code(change.imported_id)}" if change.imported_id else "")


def _moves(plan: Plan) -> Iterator[str]:
    for change in plan.effective:
        if change.previous_address:
            yield f"{code(change.previous_address)} is now {code(change.address)}"


def _forgotten(plan: Plan) -> Iterator[str]:
    for change in plan.effective:
        if change.action == "forget":
            yield code(change.address)
