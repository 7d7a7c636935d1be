"""Where a run's keys come from: the resources in both accounts.

One file for each key source: `listing`, `inventory`, `replication`; `key_source` chooses among them. Their states stand
in `modules.pipeline.workflow.key_sources`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from modules.bucket_reference import BucketReference
from modules.pipeline.handover import Request
from modules.pipeline.workflow.key_sources import KeySourceStates


class KeySource(Protocol):
    """What the stack uses of any key source."""

    @property
    def states(self) -> KeySourceStates:
        """Its part of the definition."""

    @property
    def objects(self) -> BucketReference:
        """The bucket whose objects are read and processed."""

    @property
    def lister(self) -> str | None:
        """The ARN of the role that lists the source bucket; None if no role does."""

    @property
    def reads_source(self) -> bool:
        """Whether the objects are read from the source account."""

    @property
    def machine_keys(self) -> Mapping[str, str]:
        """The customer-managed keys of the buckets that the state machine itself reads, by bucket."""

    @property
    def requests(self) -> Sequence[Request]:
        """What the source account's owner is asked to set up, besides policies."""

    @property
    def outputs(self) -> Mapping[str, str]:
        """Its Terraform outputs, by name."""
