"""The settings that choose which objects a run processes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from environments.group import Settings
from environments.values import Moment, StorageClass
from modules.pipeline.workflow.select_fields import SELECT_FIELDS, SELECTION_MAX_CHARACTERS, age_hours


class SelectSettings(Settings):
    """Which objects a run processes. Without this table, it processes all objects below source.prefixes."""

    suffixes: tuple[str, ...] = Field(
        default=(), description="The key ends with one of these. Upper and lower case differ."
    )
    include: tuple[str, ...] = Field(
        default=(),
        description='The whole key matches one of these patterns. "*" stands for any characters, "/" included, "?" for'
        ' one character, "[abc]" for one of these and "[!abc]" for one that is none of them. Upper and lower case'
        " differ.",
    )
    exclude: tuple[str, ...] = Field(
        default=(), description="The whole key matches none of these patterns, which are written as those of include."
    )
    min_bytes: int | None = Field(default=None, ge=0, description="The object has at least this many bytes.")
    max_bytes: int | None = Field(default=None, ge=0, description="The object has at most this many bytes.")
    modified_after: Moment | None = Field(
        default=None,
        description='The object was modified at this time or later: a time such as "2026-01-31T00:00:00Z", or an age at'
        ' the start of the run, such as "30d" or "12h".',
    )
    modified_before: Moment | None = Field(
        default=None,
        description="The object was modified before this time, written as that of modified_after.",
    )
    storage_classes: tuple[StorageClass, ...] = Field(
        default=(), description='The object is in one of these S3 storage classes, such as "STANDARD".'
    )
    changed_since: Literal["last-success"] | None = Field(
        default=None,
        description='"last-success": a run leaves out the objects that an earlier successful run processed and that'
        ' have not changed since. Only with key_source = "listing". Without it, every run processes everything.',
    )
    overlap_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description="How many days before the last success an incremental run looks back. S3 gives an object that was"
        " uploaded in parts the time at which its upload began, so this must be longer than the longest upload.",
    )

    @property
    def conditions(self) -> Mapping[str, object]:
        """The conditions that are set, as lambdas/shared/selection.py reads them."""
        values = self.model_dump(mode="json", include=set(SELECT_FIELDS), exclude_defaults=True)
        return {name: values[name] for name in SELECT_FIELDS if name in values}

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.min_bytes is not None and self.max_bytes is not None and self.min_bytes > self.max_bytes:
            yield "min_bytes", f"{self.min_bytes} is more than max_bytes = {self.max_bytes}: no object has such a size"
        for name in ("suffixes", "include", "exclude"):
            if "" in getattr(self, name):
                yield name, 'one of them is "", which is every key or none: remove it'
        size = len(json.dumps(self.conditions, ensure_ascii=False, separators=(",", ":")))
        if size > SELECTION_MAX_CHARACTERS:
            yield (
                "include",
                f"the selection has {size:,} characters, and each batch may have to carry it: write at most"
                f" {SELECTION_MAX_CHARACTERS:,}, with fewer or shorter conditions",
            )
        yield from self._look_back_problems()

    def _look_back_problems(self) -> Iterator[tuple[str, str]]:
        if self.changed_since is None:
            if self.overlap_days != type(self).model_fields["overlap_days"].default:
                yield "overlap_days", 'used only with changed_since = "last-success": remove it, or write that'
            return
        before = self.modified_before
        if before and before[-1] != "Z" and age_hours(before) > self.overlap_days * 24:
            days = math.ceil(age_hours(before) / 24)
            yield (
                "modified_before",
                f"an object is {before} old when it is first selected, and an incremental run looks back"
                f" {self.overlap_days} days, so it would be left out: write overlap_days = {days} or more, or a"
                " shorter age",
            )
