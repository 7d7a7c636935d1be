"""Both accounts as an SVG: roles, buckets and keys, and an arrow from each role to what it may access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from mapspan.outside_text import visible
from mapspan.review.iam.accounts import Accounts
from mapspan.review.marked_words import unmarked
from mapspan.review.page.principal_name import principal_name
from mapspan.review.page.wording import short_name
from mapspan.review.plan_review import PlanReview
from mapspan.review.who_may.access_scopes import neighbour_account
from mapspan.review.who_may.access_table import AccessRow, AccessState, Principal

_VERBS: Mapping[str, str] = {
    "kms:Decrypt": "decrypt",
    "kms:Encrypt": "encrypt",
    "kms:GenerateDataKey": "encrypt",
    "s3:DeleteBucketPolicy": "change the policy",
    "s3:DeleteObject": "delete",
    "s3:GetBucketPolicy": "read the policy",
    "s3:GetObject": "read",
    "s3:ListBucket": "list",
    "s3:PutBucketPolicy": "change the policy",
    "s3:PutObject": "write",
    "s3:ReplicateObject": "replicate",
}
_STYLE = """
text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 18px; font-weight: 600 } .account { font-weight: 600; fill: #59636e } .name { font-weight: 600 }
.who { fill: #59636e } .frame { fill: #f6f8fa; stroke: #d1d9e0 } .box { fill: #fff; stroke: #818b98 }
path { fill: none; stroke-width: 1.6 } .same { stroke: #818b98 } .gain { stroke: #1a7f37; stroke-width: 2.6 }
.loss { stroke: #cf222e; stroke-dasharray: 6 4 } text.gain { fill: #1a7f37; stroke: none; font-weight: 600 }
text.loss { fill: #cf222e; stroke: none; text-decoration: line-through } text.same { stroke: none }
"""
# All in pixels.
_LINE, _PAD, _GAP = 20, 12, 26
_BOX_WIDTH, _ROLE_WIDTH, _ARROW_WIDTH, _EDGE = 360, 160, 80, 20
_TOP, _ROLE_SPACING = 100, 60
_MOST_CHARACTERS = 48
_TARGET_X = _EDGE * 2
_ROLES_X = _TARGET_X + _BOX_WIDTH + _ARROW_WIDTH
_SOURCE_X = _ROLES_X + _ROLE_WIDTH + _ARROW_WIDTH + _EDGE * 2

Fate = Literal["same", "gain", "loss"]
_COLOURS: Mapping[Fate, str] = {"same": "#818b98", "gain": "#1a7f37", "loss": "#cf222e"}
_MARKS: Mapping[Fate, str] = {"same": "", "gain": "+ ", "loss": "- "}
# The states that the picture draws: it leaves out access that one side alone allows.
_DRAWN: Sequence[AccessState] = ("allowed", "undecided")


@dataclass(frozen=True)
class _Entry:
    """What one principal may do with a resource, with a line for each part of it."""

    principal: Principal
    principal_name: str
    lines: Sequence[tuple[str, Fate]]

    @property
    def fate(self) -> Fate:
        fates = {fate for _, fate in self.lines}
        return "gain" if "gain" in fates else "same" if "same" in fates else "loss"

    @property
    def height(self) -> int:
        return _LINE * (len(self.lines) + 1)


@dataclass(frozen=True)
class _Box:
    """A bucket or key, with what each principal may do with it."""

    name: str
    account_id: str | None
    entries: Sequence[_Entry]

    @property
    def height(self) -> int:
        return 2 * _PAD + _LINE + sum(entry.height for entry in self.entries)


@dataclass(frozen=True)
class _Layout:
    """Where things stand: all in pixels.

    Args:
        source_end: where the source's frame ends.
        elsewhere_x: where the resources of other accounts begin.
        height: of the frames.
        width: of the whole picture.
        principals: each principal's x and y.
    """

    source_end: int
    elsewhere_x: int
    height: int
    width: int
    principals: Mapping[Principal, tuple[int, float]]


def picture(review: PlanReview) -> str:
    """The access table as one self-contained SVG: grey stays, green is gained, red is lost."""
    target = review.environment.target
    boxes = _boxes(review)
    target_boxes = [box for box in boxes if box.account_id == target.account_id]
    source_boxes = [box for box in boxes if box.account_id == review.environment.source.account_id]
    elsewhere = [box for box in boxes if box not in target_boxes and box not in source_boxes]
    names = {entry.principal: entry.principal_name for box in boxes for entry in box.entries}
    layout = _layout(target_boxes, source_boxes, elsewhere, sorted(names), target.account_id)

    source_account = review.account(review.environment.source.account_id)
    frames = [
        _frame(_EDGE, _ROLES_X + _ROLE_WIDTH, layout.height, review.account(target.account_id)),
        _frame(_SOURCE_X - _EDGE, layout.source_end, layout.height, source_account),
    ]
    if elsewhere:
        end = layout.elsewhere_x + _BOX_WIDTH
        frames.append(_frame(layout.elsewhere_x - _EDGE, end, layout.height, "not in this plan"))
    arrows: list[str] = []
    shapes: list[str] = []
    for column, x in ((target_boxes, _TARGET_X), (source_boxes, _SOURCE_X), (elsewhere, layout.elsewhere_x)):
        y = _TOP + _PAD
        for box in column:
            shapes += _box_shapes(box, x, y)
            arrows += _arrows(box, x, y, layout.principals)
            y += box.height + _GAP
    for principal, name in sorted(names.items()):
        shapes.append(_role(name, *layout.principals[principal], in_plan=principal.in_plan))
    if review.access.undecided:
        shapes.append(_text(_TARGET_X, _TOP + _PAD + 13, "access not decided", "name"))
    return _svg(review, layout.width, layout.height + _TOP + 60, [*frames, *arrows, *shapes])


def _layout(
    target_boxes: Sequence[_Box],
    source_boxes: Sequence[_Box],
    elsewhere: Sequence[_Box],
    principals: Sequence[Principal],
    target_account: str,
) -> _Layout:
    """From left to right: the target's boxes and roles, the source's, boxes of other accounts, other principals."""
    roles = [principal for principal in principals if principal.in_plan]
    target_roles = [role for role in roles if role.account_id == target_account]
    source_roles = [role for role in roles if role.account_id != target_account]
    others = [principal for principal in principals if not principal.in_plan]
    most_principals = max(map(len, (target_roles, source_roles, others)))
    most_boxes = max(map(_stacked_height, (target_boxes, source_boxes, elsewhere)))
    height = max(most_boxes, (most_principals + 1) * _ROLE_SPACING)

    source_end = _SOURCE_X + _BOX_WIDTH
    positions = _column(target_roles, _ROLES_X, height)
    if source_roles:
        positions |= _column(source_roles, source_end + _ARROW_WIDTH, height)
        source_end += _ARROW_WIDTH + _ROLE_WIDTH
    width = source_end + _EDGE * 2
    elsewhere_x = width + _EDGE * 2
    if elsewhere:
        width = elsewhere_x + _BOX_WIDTH + _EDGE * 2
    if others:
        positions |= _column(others, width + _ARROW_WIDTH, height)
        width += _ARROW_WIDTH + _ROLE_WIDTH + _EDGE
    return _Layout(source_end=source_end, elsewhere_x=elsewhere_x, height=height, width=width, principals=positions)


def _column(principals: Sequence[Principal], x: int, height: int) -> dict[Principal, tuple[int, float]]:
    """Principals at one x, spread evenly over the height."""
    return {
        principal: (x, _TOP + height * number / (len(principals) + 1))
        for number, principal in enumerate(principals, start=1)
    }


def _stacked_height(boxes: Sequence[_Box]) -> int:
    return sum(box.height + _GAP for box in boxes) + _PAD


def _boxes(review: PlanReview) -> list[_Box]:
    """Every resource that someone may access before or after."""
    rows_by_resource: dict[str, list[AccessRow]] = {}
    for row in review.access.rows:
        if row.before in _DRAWN or row.after in _DRAWN:
            resource = Accounts.bucket_of(row.scope.resource) or row.scope.resource
            rows_by_resource.setdefault(resource, []).append(row)
    accounts = _bucket_accounts(review)
    return [_box(resource, rows, accounts, review) for resource, rows in sorted(rows_by_resource.items())]


def _bucket_accounts(review: PlanReview) -> dict[str, str]:
    accounts = {review.environment.source.bucket: review.environment.source.account_id}
    for change in review.plan.changes:
        for attributes in (change.before, change.after):
            if change.type == "aws_s3_bucket" and attributes and isinstance(attributes.get("bucket"), str):
                accounts.setdefault(attributes["bucket"], str(change.account_id))
    return accounts


def _box(resource: str, rows: Sequence[AccessRow], bucket_accounts: Mapping[str, str], review: PlanReview) -> _Box:
    """The box of a bucket, by name, or of a key, by ARN."""
    neighbour = neighbour_account(resource if ":" in resource else f"arn:aws:s3:::{resource}")
    kind = "key" if ":kms:" in resource else "bucket"
    account_id = resource.split(":")[4] if resource.startswith("arn:") else bucket_accounts.get(resource)
    prefix = f"{review.environment.prefix}-"  # of every role; the picture's title says so
    entries = [
        _Entry(
            principal,
            principal_name(principal).removeprefix(prefix),
            [_access_line(row, resource, prefix) for row in rows if row.principal == principal],
        )
        for principal in sorted({row.principal for row in rows})
    ]
    name = f"{kind} {short_name(resource)}" if neighbour is None else f"every other {kind}"
    return _Box(name, neighbour or account_id, entries)


def _access_line(row: AccessRow, resource: str, role_prefix: str) -> tuple[str, Fate]:
    """What a row allows, where, and whether it is gained or lost."""
    verbs = list(dict.fromkeys(_VERBS[action] for action in row.actions if action in _VERBS))
    others = sum(action not in _VERBS for action in row.actions)
    if others:
        verbs.append(f"{others} {'more' if verbs else 'action' if others == 1 else 'actions'}")
    had, has = row.before in _DRAWN, row.after in _DRAWN
    fate: Fate = "same" if had and has else "gain" if has else "loss"
    question = "? " if "undecided" in (row.before, row.after) else ""
    where = _where(row, resource, role_prefix)
    return f"{_MARKS[fate]}{question}{', '.join(verbs)}{f' · {where}' if where else ''}", fate


def _where(row: AccessRow, resource: str, role_prefix: str) -> str:
    """The part of the bucket, or the prefix or object that a condition names."""
    part = short_name(row.scope.pattern).removeprefix(resource).removeprefix("/")
    conditions = dict(row.scope.conditions)
    condition = conditions.get("s3:prefix") or conditions.get("kms:EncryptionContext:aws:s3:arn", "")
    where = part if Accounts.bucket_of(row.scope.resource) and part else short_name(condition).removeprefix(role_prefix)
    return "any key" if where == "*" else where


def _box_shapes(box: _Box, x: int, y: int) -> Iterator[str]:
    yield f'<rect class="box" x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{box.height}" rx="8"/>'
    yield _text(x + _PAD, y + _PAD + 13, box.name, "name")
    line = y + _PAD + _LINE
    for entry in box.entries:
        yield _text(x + _PAD, line + 15, entry.principal_name, "who")
        for number, (words, fate) in enumerate(entry.lines, start=1):
            yield _text(x + 2 * _PAD, line + 15 + number * _LINE, words, fate)
        line += entry.height


def _arrows(box: _Box, x: int, y: int, principals: Mapping[Principal, tuple[int, float]]) -> Iterator[str]:
    """An arrow from each principal to its entry in a box."""
    line = y + _PAD + _LINE
    for entry in box.entries:
        role_x, role_y = principals[entry.principal]
        end_y = line + entry.height / 2
        leads_left = role_x > x
        start, end = (role_x, x + _BOX_WIDTH + 8) if leads_left else (role_x + _ROLE_WIDTH, x - 8)
        middle = (start + end) / 2
        yield (
            f'<path class="{entry.fate}" marker-end="url(#{entry.fate})"'
            f' d="M{start},{role_y:.0f} C{middle:.0f},{role_y:.0f} {middle:.0f},{end_y:.0f} {end},{end_y:.0f}"/>'
        )
        line += entry.height


def _role(name: str, x: int, y: float, *, in_plan: bool) -> str:
    """A principal; one whose policies are not in the plan has a dashed outline."""
    dashes = "" if in_plan else ' stroke-dasharray="4 3"'
    outline = f'<rect class="box" x="{x}" y="{y - 20:.0f}" width="{_ROLE_WIDTH}" height="40" rx="20"{dashes}/>'
    return outline + _text(x + _ROLE_WIDTH / 2, y + 5, name, "name", anchor="middle")


def _frame(x: int, right: int, height: int, title: str) -> str:
    """An account's frame."""
    frame = f'<rect class="frame" x="{x}" y="{_TOP - 40}" width="{right + _EDGE - x}" height="{height + 50}" rx="12"/>'
    return frame + _text(x + _PAD + 4, _TOP - 16, title, "account")


def _text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> str:
    """A line of text; a long one is cut, and its title holds all of it."""
    shown = words if len(words) <= _MOST_CHARACTERS else f"{words[: _MOST_CHARACTERS - 1]}…"
    title = f"<title>{_escaped(words)}</title>" if shown != words else ""
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{title}{_escaped(shown)}</text>'


def _escaped(words: str) -> str:
    """Words as XML holds them: it allows no control characters, and no markup but our own."""
    return escape(visible(words))


def _legend(review: PlanReview) -> str:
    if review.access.undecided:
        return "access not decided: " + unmarked(review.access.undecided.split("\n")[0])
    legend = "grey stays as it is, green (+) is gained by this plan, red (-) is lost"
    if any("undecided" in (row.before, row.after) for row in review.access.rows):
        legend += "; ? is undecided: this plan doesn't show the policy of the bucket or key"
    return legend


def _svg(review: PlanReview, width: int, height: int, parts: Sequence[str]) -> str:
    environment = review.environment
    title = f"{environment.name}: which {environment.prefix} role may access which bucket and key"
    heads = "".join(
        f'<marker id="{fate}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="11" markerHeight="11"'
        f' markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0,0 L8,4 L0,8 z" style="fill:{colour};stroke:none"/></marker>'
        for fate, colour in _COLOURS.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-label="{_escaped(title)}"><style>{_STYLE}</style><defs>{heads}</defs>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text class="title" x="{_EDGE}" y="34">{_escaped(title)}</text>'
        + "".join(parts)
        + f'<text class="who" x="{_EDGE}" y="{height - 18}">{_escaped(_legend(review))}</text></svg>\n'
    )
