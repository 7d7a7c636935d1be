"""The settings that choose which objects a run processes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from environments.group import Settings
from environments.values import Moment, PlainText, StorageClass


class SelectSettings(Settings):
    """Which objects a run processes. Without this table, it processes all objects below source.prefixes."""

    suffixes: tuple[PlainText, ...] = Field(
        default=(), description="The key ends with one of these. Upper and lower case differ."
    )
    include: tuple[PlainText, ...] = Field(
        default=(),
        description='The whole key matches one of these patterns. "*" stands for any characters, "/" included, "?" for'
        ' one character, "[abc]" for one of these and "[!abc]" for one that is none of them. Upper and lower case'
        " differ.",
    )
    exclude: tuple[PlainText, ...] = Field(
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
