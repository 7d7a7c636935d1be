"""The tags of an environment's resources, by the strictest rules of the services that get them.

https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html and, stricter, IAM:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from environments.control_characters import control_character
from environments.group import EntryError

# mapspan adds no tags of its own, and those that AWS adds don't count.
MAX_TAGS = 50
KEY_LENGTH = 128
VALUE_LENGTH = 256
_SYMBOLS = "_.:/=+-@"
# Letters, separators and numbers: IAM, Lambda and CloudWatch Logs write [\p{L}\p{Z}\p{N}_.:/=+\-@].
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
_CATEGORIES = ("L", "Z", "N")
# Reserved at the beginning of a key everywhere, and of a value in IAM.
_RESERVED = "aws:"


def _tag_text(value: str) -> str:
    if value.lower().startswith(_RESERVED):
        raise ValueError(f"begins with {_RESERVED}, which AWS keeps for its own tags: write it without")
    if refused := next((one for one in value if not _is_taken(one) and not control_character(one)), None):
        raise ValueError(
            f"contains {refused}, which AWS does not take in a tag: write letters, digits, spaces and"
            f" {' '.join(_SYMBOLS)} only"
        )
    return value


def _is_taken(character: str) -> bool:
    return character in _SYMBOLS or unicodedata.category(character)[0] in _CATEGORIES


def _tag_key(key: str) -> str:
    if not key:
        raise ValueError("is empty, and a tag needs a key: write one")
    if len(key) > KEY_LENGTH:
        raise ValueError(f"has {len(key):,} characters, and a tag's key has at most {KEY_LENGTH}: shorten it")
    return _tag_text(key)


def _tag_value(value: str) -> str:
    if len(value) > VALUE_LENGTH:
        raise ValueError(f"has {len(value):,} characters, and a tag's value has at most {VALUE_LENGTH}: shorten it")
    return _tag_text(value)


def _different_keys(tags: Mapping[str, str]) -> Mapping[str, str]:
    """For IAM, `Team` and `team` are one key of a role: it refuses both together."""
    by_key: dict[str, str] = {}
    problems: list[tuple[tuple[str], str]] = []
    for key in tags:
        # Terraform writes text in NFC, so two keys that differ only in form would become one.
        first = by_key.setdefault(unicodedata.normalize("NFC", key).casefold(), key)
        if first != key:
            problems.append(((key,), f"for IAM, this is the same key as {first}: remove one of the two"))
    if problems:
        raise EntryError(problems)
    return tags


TagKey = Annotated[str, AfterValidator(_tag_key)]
TagValue = Annotated[str, AfterValidator(_tag_value)]
Tags = Annotated[dict[TagKey, TagValue], AfterValidator(_different_keys)]
