"""Inventory: the newest complete S3 Inventory delivery, found without a function.

    <base>2026-11-20T01-00Z/manifest.json       names the files, their format and fields
    <base>2026-11-20T01-00Z/manifest.checksum   comes last: the delivery is complete once it exists
    <base>data/….csv.gz                         the keys; sorts after every date, as hive/ does

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modules.asl.bounds import RunTimeBounds
from modules.asl.item_reader import S3Inventory
from modules.inventory_layout import CHECKSUM, LOOK_BACK_HOURS, MANIFEST
from modules.pipeline.workflow.input_rule import InputRule
from modules.pipeline.workflow.input_rules import input_rules
from modules.pipeline.workflow.key_sources import SELECTED_BY_WORKER, max_items
from modules.pipeline.workflow.literal import literal
from modules.pipeline.workflow.names import (
    CHOOSE_DELIVERY,
    FIND_DELIVERIES,
    INVENTORY,
    INVENTORY_FORMAT,
    INVENTORY_INCOMPLETE,
    INVENTORY_MISSING,
    INVENTORY_STALE,
    MANIFEST_UNDERSTOOD,
    PROCESS_OBJECTS,
    READ_MANIFEST,
)
from modules.pipeline.workflow.retriers import CALL_FAULTS

S3_LIST_OBJECTS = "arn:aws:states:::aws-sdk:s3:listObjectsV2"
S3_GET_OBJECT = "arn:aws:states:::aws-sdk:s3:getObject"

# LOOK_BACK_HOURS contain at most one delivery a day with two files, so the list fits a state's 256 KiB.
MAX_FILES = 100
# The format and the fields stand before the names of the files, of which there may be thousands.
MANIFEST_HEAD_BYTES = 16_384

MILLISECONDS_AN_HOUR = 3_600_000

# The fields of an inventory that the conditions of a selection are about, each with them.
_CONDITIONS = {
    "Size": ("min_bytes", "max_bytes"),
    "LastModifiedDate": ("modified_after", "modified_before"),
    "StorageClass": ("storage_classes",),
}
_NEEDED_FIELDS = (
    "["
    + ", ".join(
        f"{' or '.join(f'$exists($select.{name})' for name in names)} ? '{field}'"
        for field, names in _CONDITIONS.items()
    )
    + "]"
)

_ENTERED = "$toMillis($states.context.State.EnteredTime)"


@dataclass(frozen=True, kw_only=True)
class InventoryStates:
    """The keys of one inventory configuration's deliveries.

    Args:
        bucket, account_id: where the deliveries go, in the state machine's own account and Region.
        base: what their keys begin with: `[<destination prefix>/]<source bucket>/<configuration's id>/`.
        prefix: the prefix that the configuration covers, "" for the whole bucket; a run takes all of it.
        max_age_hours: an older delivery is refused.
    """

    bucket: str
    account_id: str
    base: str
    prefix: str
    max_age_hours: int
    select: Mapping[str, object] = field(default_factory=dict)
    incremental: None = None
    # The keys of an inventory are URL-encoded, which the job's function has to know.
    batch_input: Mapping[str, object] = field(default_factory=lambda: {"keys_from": INVENTORY, **SELECTED_BY_WORKER})
    # A decoded key can be twice as long in JSON, and the line that retries a failed key holds the encoded one too.
    max_input_bytes_per_batch: int = 65_536

    @property
    def prefixes(self) -> tuple[str]:
        return (self.prefix,)

    @property
    def input_rules(self) -> Sequence[InputRule]:
        return input_rules(INVENTORY, allowed=self.prefixes, select=self.select)

    @property
    def bounds(self) -> RunTimeBounds:
        reader = {"ItemReader.Key": self.base, "ItemReader.DataFiles": f"{self.bucket}/{self.base}"}
        return {READ_MANIFEST: {"Key": self.base}, PROCESS_OBJECTS: reader}

    @property
    def reader(self) -> S3Inventory:
        return S3Inventory(
            bucket=self.bucket,
            key="{% $manifest %}",
            expected_bucket_owner=self.account_id,
            max_items=max_items(),
        )

    def list_shard(self) -> None:
        return None

    def states(self) -> dict[str, object]:
        return {
            FIND_DELIVERIES: self._find_deliveries(),
            CHOOSE_DELIVERY: self._choose_delivery(),
            INVENTORY_INCOMPLETE: self._inventory_incomplete(),
            INVENTORY_STALE: self._inventory_stale(),
            INVENTORY_MISSING: self._inventory_missing(),
            READ_MANIFEST: self._read_manifest(),
            MANIFEST_UNDERSTOOD: self._manifest_understood(),
            INVENTORY_FORMAT: self._inventory_format(),
        }

    def _find_deliveries(self) -> dict[str, object]:
        return {
            "Type": "Task",
            "Resource": S3_LIST_OBJECTS,
            "Arguments": {
                "Bucket": self.bucket,
                "Prefix": self.base,
                "StartAfter": f"{{% {literal(self.base)} & {_folder_hours_ago(LOOK_BACK_HOURS)} %}}",
                "MaxKeys": MAX_FILES,
                "ExpectedBucketOwner": self.account_id,
            },
            "TimeoutSeconds": 60,
            "Retry": [CALL_FAULTS],
            # The folders' names, which sort by time; "" if no folder has the file.
            "Assign": {
                "oldest": f"{{% {_folder_hours_ago(self.max_age_hours)} %}}",
                "complete": self._newest(f"Z/{CHECKSUM}"),
                "begun": self._newest(f"Z/{MANIFEST}"),
            },
            "Output": {},
            "Next": CHOOSE_DELIVERY,
        }

    def _choose_delivery(self) -> dict[str, object]:
        return {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $complete >= $oldest %}", "Next": READ_MANIFEST},
                {"Condition": "{% $begun > $complete %}", "Next": INVENTORY_INCOMPLETE},
                {"Condition": "{% $complete != '' %}", "Next": INVENTORY_STALE},
            ],
            "Default": INVENTORY_MISSING,
        }

    def _read_manifest(self) -> dict[str, object]:
        manifest = f"{{% {literal(self.base)} & $complete & '/{MANIFEST}' %}}"
        return {
            "Type": "Task",
            "Resource": S3_GET_OBJECT,
            "Arguments": {
                "Bucket": self.bucket,
                "Key": manifest,
                "Range": f"bytes=0-{MANIFEST_HEAD_BYTES - 1}",
                "ExpectedBucketOwner": self.account_id,
            },
            "TimeoutSeconds": 60,
            "Retry": [CALL_FAULTS],
            "Assign": {
                "manifest": manifest,
                "file_format": _member("fileFormat"),
                "file_schema": _member("fileSchema"),
            },
            "Output": {},
            "Next": MANIFEST_UNDERSTOOD,
        }

    def _manifest_understood(self) -> dict[str, object]:
        return {
            "Type": "Choice",
            "Choices": [
                {
                    # A delivery of all versions lists a key several times, also for deleted objects.
                    "Condition": "{% ($fields := $split($file_schema, /[, ]+/); $file_format = 'CSV'"
                    " and 'Key' in $fields and 'ETag' in $fields and $not('IsLatest' in $fields)"
                    f" and $count({_NEEDED_FIELDS}[$not($ in $fields)]) = 0) %}}",
                    "Next": PROCESS_OBJECTS,
                }
            ],
            "Default": INVENTORY_FORMAT,
        }

    def _inventory_incomplete(self) -> dict[str, object]:
        return _fail(
            INVENTORY_INCOMPLETE,
            "'The delivery ' & $begun & "
            + literal(f" below {self._where} has no {CHECKSUM} yet: S3 is still")
            + " & ' writing it. Start the run again when it is complete; if it stays incomplete for hours, ask the'"
            " & ' owner of the source bucket whether its inventory still runs'",
            expression=True,
        )

    def _inventory_stale(self) -> dict[str, object]:
        return _fail(
            INVENTORY_STALE,
            "'The newest complete delivery, ' & $complete & "
            + literal(f" below {self._where}, is older than {self.max_age_hours} hours. Check that the source")
            + " & "
            + literal(" bucket's inventory is still enabled and may write here, or raise max_inventory_age_hours"),
            expression=True,
        )

    def _inventory_missing(self) -> dict[str, object]:
        return _fail(
            INVENTORY_MISSING,
            f"No delivery of the last {LOOK_BACK_HOURS // 24} days is below {self._where}. The first one comes up"
            " to 48 hours after the inventory is configured; if none does, check that the source bucket's inventory"
            " is configured with this destination, and that its bucket policy (and key) lets S3 write",
        )

    def _inventory_format(self) -> dict[str, object]:
        return _fail(
            INVENTORY_FORMAT,
            "'The delivery ' & $complete & "
            + literal(f" below {self._where} is ")
            + " & ($file_format = '' ? 'of an unknown format' : $file_format) & ' with the fields '"
            " & ($file_schema = '' ? '(none found)' : $file_schema)"
            " & '. The Map needs CSV with the fields Key and ETag, of current versions only: configure the'"
            " & ' inventory with format CSV, object versions current and the optional field ETag'"
            f" & $join({_NEEDED_FIELDS}.(' and, for the selection, ' & $))"
            " & ', and wait for its next delivery'",
            expression=True,
        )

    @property
    def _where(self) -> str:
        return f"s3://{self.bucket}/{self.base}"

    def _newest(self, ending: str) -> str:
        """An expression: the newest folder with a file of that ending. S3 lists in order."""
        key = f"$states.result.Contents[$substring(Key, -{len(ending)}) = {literal(ending)}][-1].Key"
        return f"{{% ($key := {key}; $exists($key) ? $substring($key, {len(self.base)}, 17) : '') %}}"


def _folder_hours_ago(hours: int) -> str:
    """An expression: the name of a delivery's folder that many hours before the state, such as 2026-11-20T01-00Z."""
    milliseconds = f"{_ENTERED} - {hours * MILLISECONDS_AN_HOUR}"
    return f"$replace($substring($fromMillis({milliseconds}), 0, 16), ':', '-') & 'Z'"


def _member(name: str) -> str:
    """An expression: a text of the manifest, whose end may be cut off; "" if the manifest doesn't have it."""
    match = f'$match($states.result.Body, /"{name}"\\s*:\\s*"([^"]*)"/)'
    return f"{{% ($found := {match}; $exists($found) ? $found[0].groups[0] : '') %}}"


def _fail(error: str, cause: str, *, expression: bool = False) -> dict[str, object]:
    return {"Type": "Fail", "Error": error, "Cause": f"{{% {cause} %}}" if expression else cause}
