"""What a reviewer must see first: the verdict, what is lost, what gets wider, and what changes in which account."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping

from mapspan.review.changes.definition_change import DefinitionChange
from mapspan.review.changes.loss import Loss
from mapspan.review.changes.package_change import PackageChange
from mapspan.review.changes.resource_change import ACTIONS, Action
from mapspan.review.changes.statement_change import StatementChange
from mapspan.review.marked_words import code, code_list, plain
from mapspan.review.page.access_blocks import undecided_point, undecided_words
from mapspan.review.page.blocks import Block, Folded, Heading, Line, Points, Table, limited
from mapspan.review.page.job_grants import job_grants
from mapspan.review.page.unusual_changes import missing_parts, reason_words, unusual_changes
from mapspan.review.page.wording import sentence, short_name
from mapspan.review.plan_review import PlanReview

_VERBS: Mapping[Action, str] = {
    "delete": "destroy",
    "replace": "replace",
    "forget": "forget",
    "create": "create",
    "update": "change",
    "import": "import",
    "move": "move",
}
_COLOURS: Mapping[Action, str] = {
    "delete": "🟥",
    "replace": "🟧",
    "forget": "⬜",
    "create": "🟩",
    "update": "🟦",
    "import": "📥",
    "move": "↪️",
}


def first_screen(review: PlanReview) -> Iterator[Block]:
    """The blocks before all others."""
    if review.changes_nothing:
        yield Heading(f"{code(review.environment.name)}: nothing changes")
        return
    yield Heading(f"{code(review.environment.name)}: {_totals(review)}")
    yield from _replaced_policies(review)
    yield from missing_parts(review.plan)
    yield from _verdict(review)
    yield from _kept_for_less(review)
    yield from job_grants(review)
    yield from _access(review)
    for change in review.definitions:
        if change.before is not None:
            yield Line(f"✏️ **The workflow {code(change.address)} changes**")
            yield Points(limited([plain(change.placeholder)] if change.placeholder else state_points(change)))
    if review.plan.packages:
        yield Line("📦 **Packages of the job change**")
        yield Points(limited([_package_point(package) for package in review.plan.packages]))
    if review.start_over:
        yield Line(
            f"🔁 **After this deploy, {code(f'mapspan run {review.environment.name} --everything')} is advisable**"
        )
        yield Points(list(review.start_over))
    yield from unusual_changes(review.plan)
    if review.plan.effective:
        yield _by_account(review)
    yield from _losses(review)


def _totals(review: PlanReview) -> str:
    """How many changes of each kind there are, in words."""
    plan = review.plan
    counts = Counter(change.action for change in plan.effective)
    totals = [f"{counts[action]} to {_VERBS[action]}" for action in ACTIONS if counts[action]]
    if plan.invocations:
        totals.append(f"{len(plan.invocations)} {'action' if len(plan.invocations) == 1 else 'actions'} to run")
    if totals:
        return ", ".join(totals)
    return "only outputs change" if plan.outputs else "an incomplete plan, in which nothing changes"


def state_points(change: DefinitionChange) -> list[str]:
    """A point for each state that is added, removed or changed, with the fields that change."""
    if change.before is None or change.after is None:
        states = len(change.changed_states) - 1  # without the workflow's own fields
        return [f"{'new' if change.before is None else 'removed'}, with {states} states"]
    points = []
    for state in change.changed_states:
        before, after = state.before or {}, state.after or {}
        fields = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        fate = f"changed: {code_list(fields)}" if state.fate == "changed" else state.fate
        points.append(f"{code(state.name)} {fate}")
    return points


def _replaced_policies(review: PlanReview) -> Iterator[Block]:
    """The statements of others that go, or may."""
    for replaced in review.replaced_policies:
        bucket = code(replaced.bucket)
        if replaced.statements is None:
            yield Line(
                f"⚠️ **This plan writes the whole policy of {bucket}; whether the bucket has one now is not known**."
                " Statements of others in it would go. Read it with"
                f" {code(f'aws s3api get-bucket-policy --bucket {replaced.bucket}')}"
            )
        else:
            yield Line(f"⚠️ **This plan replaces the policy of {bucket}, and these statements go**")
            yield Points(
                [
                    f"{code(statement.get('Sid') or 'a statement without Sid')}: {sentence(statement, replaced.policy)}"
                    for statement in replaced.statements
                ]
            )


def _kept_for_less(review: PlanReview) -> Iterator[Block]:
    """What is kept for less time, or guarded less, and doesn't block."""
    less = [loss for loss in review.losses if not loss.destroys and not loss.blocking]
    if less:
        yield Line("⚠️ **Kept for less time, or guarded less**")
        yield Points(
            limited(
                [f"{code(loss.change.address)}: {loss.lost}{' (allowed)' if loss.allowed else ''}" for loss in less]
            )
        )


def _verdict(review: PlanReview) -> Iterator[Block]:
    if review.blocking:
        yield Line("⛔ **Blocked: this plan destroys something that can't be brought back**")
        yield Points([f"{code(loss.change.address)}: {loss.lost}" for loss in review.blocking])
        # Quoted for a shell: an address may have quotes, spaces and other characters in its key.
        flags = " ".join(f"--allow-destroy {shlex.quote(loss.change.address)}" for loss in review.blocking)
        yield Line(f"To allow it, add {code(flags)}")
    if review.unused_allow_destroy:
        addresses = ", ".join(map(code, review.unused_allow_destroy))
        yield Line(f"`--allow-destroy` has no effect for {addresses}: this plan doesn't destroy it")
    if review.plan.drifted_addresses:
        addresses = ", ".join(map(code, review.plan.drifted_addresses))
        yield Line(f"⚠️ **Changed outside of terraform**, and changed back by this plan: {addresses}")


def _access(review: PlanReview) -> Iterator[Block]:
    if review.access.undecided:
        # Its first line: a reason may name many policies, and the chapter on access has all of it.
        yield Line(undecided_words(review.access.undecided.split("\n")[0]))
    if review.undecided_access:
        yield Line("⚠️ **Access is not decided for**")
        yield Points(limited([undecided_point(undecided) for undecided in review.undecided_access]))
    if review.wider_statements:
        yield Line("⚠️ **Access gets wider**")
        yield Points(limited([_widening_point(change) for change in review.wider_statements]))
    notes = [note for change in review.statements if isinstance(change, StatementChange) for note in change.notes]
    if notes:
        yield Points(limited([*dict.fromkeys(notes)]))


def _widening_point(change: StatementChange) -> str:
    """Whose statement it is, why it is wider, and what it says now."""
    owner, name = short_name(str(change.policy.owner)), change.sid or "a statement without Sid"
    now = f" Now {sentence(change.after, change.policy)}" if change.after else ""
    return f"{code(owner)} {plain(change.policy.name)}, {code(name)}: **{'; '.join(change.widenings)}**.{now}"


def _package_point(package: PackageChange) -> str:
    before, after = (None if version is None else code(version) for version in (package.before, package.after))
    if before is None:
        return f"{code(package.name)} {after} is new"
    return f"{code(package.name)} {before} {f'→ {after}' if after else 'is removed'}"


def _by_account(review: PlanReview) -> Table:
    """How many changes of each kind each account has."""
    changes = review.plan.effective
    actions = [action for action in ACTIONS if any(change.action == action for change in changes)]
    counts = Counter((change.account_id, change.action) for change in changes)
    accounts = sorted({change.account_id for change in changes}, key=review.account)
    rows = [
        [review.account(account), *(str(counts[account, action] or "") for action in actions)] for account in accounts
    ]
    return Table(["account", *map(_action_words, actions)], rows)


def _losses(review: PlanReview) -> Iterator[Block]:
    destroyed = [loss for loss in review.losses if loss.destroys]
    if not destroyed:
        return
    yield Heading("Destroyed or replaced", 3)
    lossy = [loss for loss in destroyed if loss.lost]
    lossless = [loss for loss in destroyed if not loss.lost]
    if lossy:
        yield Points([_loss_point(review, loss) for loss in lossy])
    if lossless:
        yield Folded(f"{len(lossless)} without loss", [Points([_loss_point(review, loss) for loss in lossless])])


def _loss_point(review: PlanReview, loss: Loss) -> str:
    change = loss.change
    what = (
        f"{_action_words(change.action)} {code(change.address)} in {review.account(change.account_id)}"
        f"{reason_words(change)}"
    )
    if loss.lost is None:
        return what
    return f"{what}; lost: {loss.lost}{' (allowed)' if loss.allowed else ''}"


def _action_words(action: Action) -> str:
    return f"{_COLOURS[action]} {_VERBS[action]}"
