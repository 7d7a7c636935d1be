"""Where a run's keys come from: what has to be made for it, in both accounts.

One file each: `listing`, `inventory`, `replication`. Their states: `modules.pipeline.workflow.key_sources`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from modules.bucket_reference import BucketReference
from modules.pipeline.handover import Request
from modules.pipeline.workflow.key_sources import KeySourceStates


class KeySource(Protocol):
    """What the stack has to know of a key source; which one it is, it doesn't."""

    @property
    def states(self) -> KeySourceStates:
        """Its part of the definition."""

    @property
    def objects(self) -> BucketReference:
        """The bucket whose objects are read and processed."""

    @property
    def lister(self) -> str | None:
        """The ARN of the role that lists the source bucket, None where none does."""

    @property
    def reads_source(self) -> bool:
        """Whether the objects are read out of the source account."""

    @property
    def machine_keys(self) -> Mapping[str, str]:
        """The customer's keys of the buckets that the state machine itself reads, by bucket."""

    @property
    def requests(self) -> Sequence[Request]:
        """What the source account's owner is asked to set up, beside policies."""

    @property
    def outputs(self) -> Mapping[str, str]:
        """What a person has to know of it."""
