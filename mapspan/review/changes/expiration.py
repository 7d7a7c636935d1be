"""Whether a bucket's lifecycle rules delete objects earlier than before.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mapspan.review.changes.placeholder import Placeholder
from mapspan.review.marked_words import code

Subject = Literal["objects", "noncurrent versions"]
# How a rule names the days after which each expires.
_DAYS: Mapping[Subject, tuple[str, str]] = {
    "objects": ("expiration", "days"),
    "noncurrent versions": ("noncurrent_version_expiration", "noncurrent_days"),
}


@dataclass(frozen=True)
class _Expiration:
    """What an enabled rule deletes, and when.

    Args:
        others: what else the rule asks of an object, such as tags and a size; the more, the fewer objects it deletes.
        days, date: when; a rule has one of them. 0 days stand for a number that the plan doesn't show.
    """

    subject: Subject
    prefix: str
    others: frozenset[str]
    days: int | None = None
    date: str | None = None

    def covers(self, other: _Expiration) -> bool:
        """Whether everything that the other one deletes is deleted by this one, no later."""
        return (
            self.subject == other.subject
            and other.prefix.startswith(self.prefix)
            and self.others <= other.others
            and self._is_no_later(other)
        )

    def applies_to(self, other: _Expiration) -> bool:
        """Whether this one and the other one are about the same objects."""
        return (self.subject, self.prefix, self.others) == (other.subject, other.prefix, other.others)

    def _is_no_later(self, other: _Expiration) -> bool:
        if self.days is not None and other.days is not None:
            return self.days <= other.days
        return self.date is not None and other.date is not None and self.date <= other.date

    @property
    def term(self) -> str:
        if self.days is None:
            return f"on {code(self.date)}"
        return f"{self.days:,} day{'' if self.days == 1 else 's'}" if self.days else "(known after apply)"


def shorter_expirations(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """A phrase for each expiration that is added, shortened, or applies to more objects.

    Args:
        before, after: the attributes of a lifecycle configuration, or of a bucket with rules of its own.
    """
    if before == after:
        return
    if isinstance(_rules(after), Placeholder):
        yield "the plan doesn't show when objects expire"
        return
    old, new = list(_expirations(before)), list(_expirations(after))
    for expiration in new:
        if not any(candidate.covers(expiration) for candidate in old):
            same = next((candidate for candidate in old if candidate.applies_to(expiration)), None)
            where = f" under {code(expiration.prefix)}" if expiration.prefix else ""
            if expiration.others:
                where += f" with {', '.join(sorted(expiration.others))}"
            yield f"{expiration.subject}{where} expire: {same.term if same else 'never'} → {expiration.term}"


def _rules(attributes: Mapping[str, Any]) -> Any:
    return attributes.get("rule") or attributes.get("lifecycle_rule") or []


def _expirations(attributes: Mapping[str, Any]) -> Iterator[_Expiration]:
    rules = _rules(attributes)
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, Mapping) or rule.get("status") == "Disabled" or rule.get("enabled") is False:
            continue
        prefix, others = _filter(rule)
        for subject, (block, name) in _DAYS.items():
            for item in _items(rule.get(block)):
                days = item.get(name) or item.get("days")
                if isinstance(days, int) and days > 0:
                    yield _Expiration(subject, prefix, others, days=days)
                elif item.get("date"):
                    yield _Expiration(subject, prefix, others, date=str(item["date"]))
                elif isinstance(days, Placeholder) and item.get("expired_object_delete_marker") is not True:
                    yield _Expiration(subject, prefix, others, days=0)


def _filter(rule: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    """The prefix of the objects that a rule applies to, and what else it asks of them."""
    filters = _items(rule.get("filter"))
    filters = filters + [item for outer in filters for item in _items(outer.get("and"))]
    prefixes = [str(item["prefix"]) for item in (rule, *filters) if item.get("prefix")]
    others = {
        f"{name} {code(item[name])}"
        for item in filters
        for name in ("object_size_greater_than", "object_size_less_than")
        if item.get(name)
    }
    tags = [rule.get("tags"), *(tag for item in filters for tag in (item.get("tags"), *_items(item.get("tag"))))]
    others |= {
        f"tag {code(f'{name}={value}')}" for tag in tags if isinstance(tag, Mapping) for name, value in tag.items()
    }
    return max(prefixes, key=len, default=""), frozenset(others)


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
