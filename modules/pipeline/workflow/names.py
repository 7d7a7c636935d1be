"""The names that the pipeline's definition shares with everything that reads a run.

State names, error names, and where in the runs bucket a run writes.
"""

from typing import Final, Literal

# Where a run's keys come from, as environments/*.toml names it.
KeySourceName = Literal["listing", "inventory", "replication"]
LISTING: Final = "listing"
INVENTORY: Final = "inventory"
REPLICATION: Final = "replication"

# The states of every pipeline, in their order.
CHECK_INPUT = "CheckInput"
FIND_KEY_LIST = "FindKeyList"
KEY_LIST_FOUND = "KeyListFound"
NOTHING_TO_PROCESS = "NothingToProcess"
PROCESS_OBJECTS = "ProcessObjects"
PROCESS_BATCH = "ProcessBatch"
SUMMARIZE_RUN = "SummarizeRun"
SUMMARY_FINISHED = "SummaryFinished"
ALL_ACCOUNTED_FOR = "AllAccountedFor"
# Only in an incremental pipeline.
RECORD_SUCCESS = "RecordSuccess"
SUCCESS_RECORDED = "SuccessRecorded"
DONE = "Done"

# The states where PROCESS_OBJECTS reads an inventory or a replica: a Map of its own for a given key list, and the count
# of what PROCESS_OBJECTS read.
PROCESS_KEY_LIST = "ProcessKeyList"
PROCESS_LISTED_BATCH = "ProcessListedBatch"
COUNT_ITEMS = "CountItems"
ANYTHING_READ = "AnythingRead"

# The states of the key sources, in their order: listing, inventory. A replica needs none.
LIST_OBJECTS = "ListObjects"
LISTING_FINISHED = "ListingFinished"
# Only in a long listing: a round of it, and what each iteration does, list on or process a shard.
PROCESS_SHARDS = "ProcessShards"
SHARD_LISTED = "ShardListed"
LIST_SHARD = "ListShard"
PROCESS_SHARD = "ProcessShard"
PROCESS_SHARD_BATCH = "ProcessShardBatch"
ANYTHING_LISTED = "AnythingListed"
FIND_DELIVERIES = "FindDeliveries"
CHOOSE_DELIVERY = "ChooseDelivery"
READ_MANIFEST = "ReadManifest"
MANIFEST_UNDERSTOOD = "ManifestUnderstood"


def map_labels(key_source: KeySourceName) -> tuple[str, str]:
    """The labels of a pipeline's distributed Maps: their states' names, which Map Runs, children and metrics carry."""
    return (PROCESS_OBJECTS, PROCESS_SHARD if key_source == LISTING else PROCESS_KEY_LIST)


# The errors of a run that processed its keys and failed by its ledger: such a run is retried by key, not redriven.
# Each is the name of a Fail state too.
LEDGER_MISMATCH = "LedgerMismatch"
TOO_MANY_FAILED_OBJECTS = "TooManyFailedObjects"
KEYS_LEFT_UNREAD = "KeysLeftUnread"
VERDICTS = (LEDGER_MISMATCH, TOO_MANY_FAILED_OBJECTS, KEYS_LEFT_UNREAD)

# The errors of a run that ended before it processed any key: a redrive would not look again. Each is the name of a
# Fail state too.
INVALID_INPUT = "InvalidInput"
INVENTORY_INCOMPLETE = "InventoryIncomplete"
INVENTORY_STALE = "InventoryStale"
INVENTORY_MISSING = "InventoryMissing"
INVENTORY_FORMAT = "InventoryFormat"
ENDED_BEFORE_PROCESSING = (
    INVALID_INPUT,
    INVENTORY_INCOMPLETE,
    INVENTORY_STALE,
    INVENTORY_MISSING,
    INVENTORY_FORMAT,
)

# Prefixes in the runs bucket; the execution's name follows.
KEY_LISTS = "key-lists/"
MAP_RUNS = "map-runs/"
RESULTS = "results/"
RUN_SUMMARIES = "run-summaries/"
# What incremental runs remember for the next one. It doesn't expire.
INCREMENTAL = "incremental/"
# What no run writes: the packages that are too large for a direct upload, by their hash.
CODE = "code/"
