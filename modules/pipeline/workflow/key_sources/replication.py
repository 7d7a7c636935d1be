"""Replication: the objects have been copied to a bucket of the target account, which the Map itself can list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modules.asl.bounds import RunTimeBounds
from modules.asl.item_reader import S3Objects
from modules.pipeline.workflow.input_rule import InputRule
from modules.pipeline.workflow.input_rules import input_rules
from modules.pipeline.workflow.key_sources import MAX_INPUT_BYTES_PER_BATCH, SELECTED_BY_WORKER, max_items
from modules.pipeline.workflow.names import PROCESS_OBJECTS, REPLICATION


@dataclass(frozen=True, kw_only=True)
class ReplicationStates:
    """The keys of the replica.

    Args:
        bucket, account_id: the replica, in the state machine's own account and Region.
        replicated: the prefixes that are replicated; empty for the whole bucket.
    """

    bucket: str
    account_id: str
    replicated: Sequence[str]
    select: Mapping[str, object] = field(default_factory=dict)
    incremental: None = None
    batch_input: Mapping[str, object] = field(default_factory=lambda: SELECTED_BY_WORKER)
    max_input_bytes_per_batch: int = MAX_INPUT_BYTES_PER_BATCH

    @property
    def prefixes(self) -> tuple[str]:
        """A Map lists one prefix; "" covers all replicated ones, since the replica holds nothing else."""
        return (self.replicated[0] if len(self.replicated) == 1 else "",)

    @property
    def input_rules(self) -> Sequence[InputRule]:
        return input_rules(REPLICATION, allowed=self.replicated, select=self.select)

    @property
    def bounds(self) -> RunTimeBounds:
        return {PROCESS_OBJECTS: {"ItemReader.Prefix": self.prefixes}}

    @property
    def reader(self) -> S3Objects:
        return S3Objects(
            bucket=self.bucket,
            prefix="{% $prefixes[0] %}",
            expected_bucket_owner=self.account_id,
            max_items=max_items(),
        )

    def list_shard(self) -> None:
        return None

    def states(self) -> dict[str, object]:
        return {}
