"""Inventory: the newest complete S3 Inventory delivery, found without a function.

    <base>2026-11-20T01-00Z/manifest.json       names the files, their format and fields
    <base>2026-11-20T01-00Z/manifest.checksum   comes with it: only then the delivery is complete
    <base>data/….csv.gz                         the keys; sorts behind every date, as hive/ does

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from modules.asl.bounds import RunTimeBounds
from modules.asl.item_reader import S3Inventory
from modules.pipeline.workflow.key_sources import max_items
from modules.pipeline.workflow.names import (
    INVENTORY_FORMAT,
    INVENTORY_INCOMPLETE,
    INVENTORY_MISSING,
    INVENTORY_STALE,
    PREFIX_NOT_TAKEN,
    PROCESS_OBJECTS,
)
from modules.pipeline.workflow.retriers import CALL_FAULTS

LIST_OBJECTS = "arn:aws:states:::aws-sdk:s3:listObjectsV2"
GET_OBJECT = "arn:aws:states:::aws-sdk:s3:getObject"

# How far back deliveries are looked for: at most one a day, two files each, so that their list fits a state's 256 KiB.
LOOK_BACK_HOURS = 31 * 24
MOST_FILES = 100
# What tells the format stands before the names of the files, of which there may be thousands.
MANIFEST_HEAD_BYTES = 16_384

MILLISECONDS_AN_HOUR = 3_600_000


@dataclass(frozen=True, kw_only=True)
class InventoryStates:
    """The keys of one inventory configuration's deliveries.

    Args:
        bucket, account_id: where they are delivered; the state machine's own account and Region.
        base: what their keys begin with: `[<destination prefix>/]<source bucket>/<configuration's id>/`.
        prefix: the prefix that the configuration covers, "" for the whole bucket: a run takes it whole.
        max_age_hours: an older delivery is refused.
    """

    bucket: str
    account_id: str
    base: str
    prefix: str
    max_age_hours: int
    # The keys of an inventory are URL-encoded: whoever reads them has to know.
    batch_input: Mapping[str, object] | None = field(default_factory=lambda: {"keys_from": "inventory"})
    # Decoded, a key can be twice as long in JSON; one that fails is told as it was handed over, too.
    max_input_bytes_per_batch: int = 65_536

    @property
    def prefixes(self) -> tuple[str]:
        return (self.prefix,)

    @property
    def bounds(self) -> RunTimeBounds:
        return {"ReadManifest": {"Key": self.base}, PROCESS_OBJECTS: {"ItemReader.Key": self.base}}

    @property
    def reader(self) -> S3Inventory:
        return S3Inventory(
            bucket=self.bucket,
            key="{% $manifest %}",
            expected_bucket_owner=self.account_id,
            max_items=max_items(),
        )

    def states(self) -> dict[str, object]:
        return {
            "TakenWhole": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": f"{{% $count($prefixes) = 1 and $prefixes[0] = {_text(self.prefix)} %}}",
                        "Next": "FindDeliveries",
                    }
                ],
                "Default": PREFIX_NOT_TAKEN,
            },
            PREFIX_NOT_TAKEN: _fail(
                PREFIX_NOT_TAKEN,
                f"An inventory is processed whole, which is {self.prefix or 'the whole bucket'} here: leave prefix and"
                " prefixes out, give max_keys or a key_list, or use the listing as key source",
            ),
            **self._find(),
            **self._read(),
        }

    def _find(self) -> dict[str, object]:
        entered = "$toMillis($states.context.State.EnteredTime)"
        return {
            "FindDeliveries": {
                "Type": "Task",
                "Resource": LIST_OBJECTS,
                "Arguments": {
                    "Bucket": self.bucket,
                    "Prefix": self.base,
                    "StartAfter": f"{{% {_text(self.base)} & {_folder(f'{entered} - {_hours(LOOK_BACK_HOURS)}')} %}}",
                    "MaxKeys": MOST_FILES,
                    "ExpectedBucketOwner": self.account_id,
                },
                "TimeoutSeconds": 60,
                "Retry": [CALL_FAULTS],
                # The folders' names, "" where there is none: they sort by time.
                "Assign": {
                    "oldest": f"{{% {_folder(f'{entered} - {_hours(self.max_age_hours)}')} %}}",
                    "complete": self._newest("Z/manifest.checksum"),
                    "begun": self._newest("Z/manifest.json"),
                },
                "Output": {},
                "Next": "ChooseDelivery",
            },
            "ChooseDelivery": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $complete >= $oldest %}", "Next": "ReadManifest"},
                    {"Condition": "{% $begun > $complete %}", "Next": INVENTORY_INCOMPLETE},
                    {"Condition": "{% $complete != '' %}", "Next": INVENTORY_STALE},
                ],
                "Default": INVENTORY_MISSING,
            },
            INVENTORY_INCOMPLETE: _fail(
                INVENTORY_INCOMPLETE,
                "'The delivery ' & $begun & "
                + _text(f" below {self._where} has no manifest.checksum yet: it is still")
                + " & ' being delivered. Start the run again when it is complete; if it stays so for hours, ask the'"
                " & ' owner of the source bucket whether its inventory still runs'",
                expression=True,
            ),
            INVENTORY_STALE: _fail(
                INVENTORY_STALE,
                "'The newest complete delivery, ' & $complete & "
                + _text(f" below {self._where}, is older than {self.max_age_hours} hours. Look whether the source")
                + " & "
                + _text(" bucket's inventory is still enabled and may write here, or raise max_inventory_age_hours"),
                expression=True,
            ),
            INVENTORY_MISSING: _fail(
                INVENTORY_MISSING,
                f"No delivery of the last {LOOK_BACK_HOURS // 24} days lies below {self._where}. The first one comes up"
                " to 48 hours after the inventory is configured; if none does, look whether the source bucket's"
                " inventory is configured with this destination, and whether its bucket policy (and key) lets S3 write",
            ),
        }

    def _read(self) -> dict[str, object]:
        return {
            "ReadManifest": {
                "Type": "Task",
                "Resource": GET_OBJECT,
                "Arguments": {
                    "Bucket": self.bucket,
                    "Key": f"{{% {_text(self.base)} & $complete & '/manifest.json' %}}",
                    "Range": f"bytes=0-{MANIFEST_HEAD_BYTES - 1}",
                    "ExpectedBucketOwner": self.account_id,
                },
                "TimeoutSeconds": 60,
                "Retry": [CALL_FAULTS],
                "Assign": {
                    "manifest": f"{{% {_text(self.base)} & $complete & '/manifest.json' %}}",
                    "file_format": _member("fileFormat"),
                    "file_schema": _member("fileSchema"),
                },
                "Output": {},
                "Next": "ManifestUnderstood",
            },
            "ManifestUnderstood": {
                "Type": "Choice",
                "Choices": [
                    {
                        # A delivery of all versions has a key several times, deleted ones among them.
                        "Condition": "{% ($fields := $split($file_schema, /[, ]+/); $file_format = 'CSV'"
                        " and 'Key' in $fields and 'ETag' in $fields and $not('IsLatest' in $fields)) %}",
                        "Next": PROCESS_OBJECTS,
                    }
                ],
                "Default": INVENTORY_FORMAT,
            },
            INVENTORY_FORMAT: _fail(
                INVENTORY_FORMAT,
                "'The delivery ' & $complete & "
                + _text(f" below {self._where} is ")
                + " & ($file_format = '' ? 'of an unknown format' : $file_format) & ' with the fields '"
                " & ($file_schema = '' ? '(none found)' : $file_schema)"
                " & '. A Map reads CSV, and here it needs the fields Key and ETag, of current versions alone: have the'"
                " & ' inventory configured so (format CSV, object versions current, optional field ETag) and wait for'"
                " & ' its next delivery'",
                expression=True,
            ),
        }

    @property
    def _where(self) -> str:
        return f"s3://{self.bucket}/{self.base}"

    def _newest(self, ending: str) -> str:
        """The newest folder with a file of that ending: S3 lists in order."""
        found = f"$states.result.Contents[$substring(Key, -{len(ending)}) = {_text(ending)}][-1].Key"
        return f"{{% ($key := {found}; $exists($key) ? $substring($key, {len(self.base)}, 17) : '') %}}"


def _folder(milliseconds: str) -> str:
    """The folder's name of a delivery at that time, such as 2026-11-20T01-00Z."""
    return f"$replace($substring($fromMillis({milliseconds}), 0, 16), ':', '-') & 'Z'"


def _hours(hours: int) -> int:
    return hours * MILLISECONDS_AN_HOUR


def _member(name: str) -> str:
    """A text of the manifest, whose end may be cut off; "" if it isn't there."""
    match = f'$match($states.result.Body, /"{name}"\\s*:\\s*"([^"]*)"/)'
    return f"{{% ($found := {match}; $exists($found) ? $found[0].groups[0] : '') %}}"


def _text(text: str) -> str:
    """A literal inside an expression: JSONata reads JSON's strings as they are."""
    return json.dumps(text, ensure_ascii=False)


def _fail(error: str, cause: str, *, expression: bool = False) -> dict[str, object]:
    return {"Type": "Fail", "Error": error, "Cause": f"{{% {cause} %}}" if expression else cause}
