"""Both accounts as an SVG: roles, buckets and keys, and an arrow for each who may touch which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from mapspan.review.iam.accounts import Accounts
from mapspan.review.page.wording import short
from mapspan.review.review import Review
from mapspan.review.who_may.access import Access, Principal
from mapspan.review.who_may.places import neighbour_of

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
_LINE, _PAD, _GAP = 20, 12, 26
_RESOURCE, _ROLE, _ROOM, _EDGE = 360, 160, 80, 20
_TOP, _APART = 100, 60
_LONGEST = 48
Fate = str


@dataclass(frozen=True)
class _Entry:
    """What one principal may do at a resource: a line for each part of it."""

    principal: Principal
    called: str
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
    """A bucket or key, with who may do what with it."""

    name: str
    account_id: str | None
    entries: Sequence[_Entry]

    @property
    def height(self) -> int:
        return 2 * _PAD + _LINE + sum(entry.height for entry in self.entries)


def picture(found: Review) -> str:
    """The access table as one self-contained SVG: what stays is grey, what is gained green, what is lost red."""
    target = found.environment.target.account_id
    boxes = _boxes(found)
    ours = [box for box in boxes if box.account_id == target]
    theirs = [box for box in boxes if box.account_id != target]
    called = {entry.principal: entry.called for box in boxes for entry in box.entries}
    principals = sorted(called)
    # From left to right: what the target has, its roles, what the source has, its roles, and whoever else.
    columns = [
        [each for each in principals if each.ours and _account(each) == target],
        [each for each in principals if each.ours and _account(each) != target],
        [each for each in principals if not each.ours],
    ]

    height = max(_stacked(ours), _stacked(theirs), *((len(each) + 1) * _APART for each in columns))
    roles_x = _EDGE * 2 + _RESOURCE + _ROOM
    theirs_x = roles_x + _ROLE + _ROOM + _EDGE * 2
    end = theirs_x + _RESOURCE
    at: dict[Principal, tuple[int, float]] = {each: (roles_x, y) for each, y in _spread(columns[0], height)}
    if columns[1]:
        at |= {each: (end + _ROOM, y) for each, y in _spread(columns[1], height)}
        end += _ROOM + _ROLE
    width = end + _EDGE * 2
    if columns[2]:
        at |= {each: (width + _ROOM, y) for each, y in _spread(columns[2], height)}
        width += _ROOM + _ROLE + _EDGE

    frames = [
        _frame(_EDGE, roles_x + _ROLE, height, found.account(target)),
        _frame(theirs_x - _EDGE, end, height, found.account(found.environment.source.account_id)),
    ]
    arrows: list[str] = []
    drawn: list[str] = []
    for column, x in ((ours, _EDGE * 2), (theirs, theirs_x)):
        y = _TOP + _PAD
        for box in column:
            drawn += _drawn(box, x, y)
            arrows += _arrows(box, x, y, at)
            y += box.height + _GAP
    drawn += [_role(called[each], *at[each], stranger=not each.ours) for each in principals]
    return _svg(found, width, height + _TOP + 60, [*frames, *arrows, *drawn])


def _boxes(found: Review) -> list[_Box]:
    """Every resource that someone may touch, or might until now."""
    accounts = {found.environment.source.bucket: found.environment.source.account_id}
    for change in found.plan.changes:
        for there in (change.before, change.after):
            if change.type == "aws_s3_bucket" and there and isinstance(there.get("bucket"), str):
                accounts.setdefault(there["bucket"], str(change.account_id))
    by_resource: dict[str, list[Access]] = {}
    for row in found.access.rows:
        if "yes" in (row.before, row.after) or "untold" in (row.before, row.after):
            bucket = Accounts.bucket_of(row.place.resource)
            by_resource.setdefault(bucket or row.place.resource, []).append(row)
    boxes = []
    for name, rows in sorted(by_resource.items()):
        account = neighbour_of(name if ":" in name else f"arn:aws:s3:::{name}")
        kind = "key" if ":kms:" in name else "bucket"
        title = f"{kind} {short(name)}" if account is None else f"every other {kind}"
        owner = account or (name.split(":")[4] if name.startswith("arn:") else accounts.get(name))
        principals = sorted({row.principal for row in rows})
        prefix = f"{found.environment.prefix}-"  # every role's; the picture's title says so
        entries = [
            _Entry(
                each,
                short(each.name).removeprefix(prefix),
                [_line(row, name, prefix) for row in rows if row.principal == each],
            )
            for each in principals
        ]
        boxes.append(_Box(title, owner, entries))
    return boxes


def _line(row: Access, name: str, ours: str) -> tuple[str, Fate]:
    known = dict.fromkeys(_VERBS[action] for action in row.actions if action in _VERBS)
    others = sum(action not in _VERBS for action in row.actions)
    more = [f"{others} {'more' if known else 'action' if others == 1 else 'actions'}"] if others else []
    where = short(row.place.pattern).removeprefix(name).removeprefix("/")
    prefix = dict(row.place.conditions).get("s3:prefix") or dict(row.place.conditions).get(
        "kms:EncryptionContext:aws:s3:arn", ""
    )
    place = where if Accounts.bucket_of(row.place.resource) and where else short(prefix).removeprefix(ours)
    had, has = (state in ("yes", "untold") for state in (row.before, row.after))
    fate = "same" if had and has else "gain" if has else "loss"
    mark = {"gain": "+ ", "loss": "- ", "same": ""}[fate]
    maybe = "? " if "untold" in (row.before, row.after) else ""
    place = "any key" if place == "*" else place
    return f"{mark}{maybe}{', '.join([*known, *more])}{f' · {place}' if place else ''}", fate


def _account(principal: Principal) -> str:
    return principal.arn.split(":")[4] if principal.arn.startswith("arn:") else ""


def _stacked(boxes: Sequence[_Box]) -> int:
    return sum(box.height + _GAP for box in boxes) + _PAD


def _spread(principals: Sequence[Principal], height: int) -> Iterator[tuple[Principal, float]]:
    for number, each in enumerate(principals):
        yield each, _TOP + height * (number + 1) / (len(principals) + 1)


def _drawn(box: _Box, x: int, y: int) -> Iterator[str]:
    yield f'<rect class="box" x="{x}" y="{y}" width="{_RESOURCE}" height="{box.height}" rx="8"/>'
    yield _text(x + _PAD, y + _PAD + 13, box.name, "name")
    line = y + _PAD + _LINE
    for entry in box.entries:
        yield _text(x + _PAD, line + 15, entry.called, "who")
        for number, (words, fate) in enumerate(entry.lines, start=1):
            yield _text(x + 2 * _PAD, line + 15 + number * _LINE, words, fate)
        line += entry.height


def _arrows(box: _Box, x: int, y: int, at: Mapping[Principal, tuple[int, float]]) -> Iterator[str]:
    line = y + _PAD + _LINE
    for entry in box.entries:
        role_x, role_y = at[entry.principal]
        end_y = line + entry.height / 2
        to_left = role_x > x
        start, end = (role_x, x + _RESOURCE + 8) if to_left else (role_x + _ROLE, x - 8)
        middle = (start + end) / 2
        yield (
            f'<path class="{entry.fate}" marker-end="url(#{entry.fate})"'
            f' d="M{start},{role_y:.0f} C{middle:.0f},{role_y:.0f} {middle:.0f},{end_y:.0f} {end},{end_y:.0f}"/>'
        )
        line += entry.height


def _role(name: str, x: int, y: float, *, stranger: bool) -> str:
    dashed = ' stroke-dasharray="4 3"' if stranger else ""
    box = f'<rect class="box" x="{x}" y="{y - 20:.0f}" width="{_ROLE}" height="40" rx="20"{dashed}/>'
    return box + _text(x + _ROLE / 2, y + 5, name, "name", anchor="middle")


def _frame(x: int, right: int, height: int, title: str) -> str:
    box = f'<rect class="frame" x="{x}" y="{_TOP - 40}" width="{right + _EDGE - x}" height="{height + 50}" rx="12"/>'
    return box + _text(x + _PAD + 4, _TOP - 16, title, "account")


def _text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> str:
    cut = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    whole = f"<title>{escape(words)}</title>" if cut != words else ""
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{whole}{escape(cut)}</text>'


def _svg(found: Review, width: int, height: int, parts: Sequence[str]) -> str:
    title = f"{found.environment.name}: which {found.environment.prefix} role may touch which bucket and key"
    legend = "grey stays as it is, green (+) is gained by this plan, red (-) is lost"
    if any("untold" in (row.before, row.after) for row in found.access.rows):
        legend += "; ? if the bucket's or key's own policy, which isn't in the plan, allows it"
    if found.access.undecided:
        legend = f"access not decided: {found.access.undecided}".replace("`", "")
    heads = "".join(
        f'<marker id="{fate}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="11" markerHeight="11"'
        f' markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0,0 L8,4 L0,8 z" style="fill:{colour};stroke:none"/></marker>'
        for fate, colour in (("same", "#818b98"), ("gain", "#1a7f37"), ("loss", "#cf222e"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-label="{escape(title)}"><style>{_STYLE}</style><defs>{heads}</defs>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text class="title" x="{_EDGE}" y="34">{escape(title)}</text>'
        + "".join(parts)
        + f'<text class="who" x="{_EDGE}" y="{height - 18}">{escape(legend)}</text></svg>\n'
    )
