"""The names that the pipeline's definition shares with everything that reads a run.

State names, error names, and where in the runs bucket a run writes.
"""

from typing import Final, Literal

# Where a run's keys come from, as environments/*.toml names it.
KeySourceName = Literal["listing", "inventory", "replication"]
LISTING: Final = "listing"
INVENTORY: Final = "inventory"
REPLICATION: Final = "replication"

# States.
LIST_OBJECTS = "ListObjects"
PROCESS_OBJECTS = "ProcessObjects"
# The Map over a given key list, where PROCESS_OBJECTS reads an inventory or a replica.
PROCESS_KEY_LIST = "ProcessKeyList"
SUMMARIZE_RUN = "SummarizeRun"
NOTHING_TO_PROCESS = "NothingToProcess"

# A Map's label is its state's name: Map Runs, children and their metrics carry it.
MAP_LABEL = PROCESS_OBJECTS

# The errors of a run that processed its keys and failed by its ledger: such a run is retried by key, not redriven.
LEDGER_MISMATCH = "LedgerMismatch"
TOO_MANY_FAILED_OBJECTS = "TooManyFailedObjects"
KEYS_LEFT_UNREAD = "KeysLeftUnread"
VERDICTS = (LEDGER_MISMATCH, TOO_MANY_FAILED_OBJECTS, KEYS_LEFT_UNREAD)

# The errors of a run that ended before it processed any key: a redrive would not look again.
PREFIX_NOT_TAKEN = "PrefixNotTaken"
SEVERAL_PREFIXES = "SeveralPrefixes"
INVENTORY_INCOMPLETE = "InventoryIncomplete"
INVENTORY_STALE = "InventoryStale"
INVENTORY_MISSING = "InventoryMissing"
INVENTORY_FORMAT = "InventoryFormat"
ENDED_BEFORE_PROCESSING = (
    PREFIX_NOT_TAKEN,
    SEVERAL_PREFIXES,
    INVENTORY_INCOMPLETE,
    INVENTORY_STALE,
    INVENTORY_MISSING,
    INVENTORY_FORMAT,
)

# Prefixes in the runs bucket; the execution's name follows.
KEY_LISTS = "key-lists/"
MAP_RUNS = "map-runs/"
