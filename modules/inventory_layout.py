"""The keys of S3 Inventory deliveries.

Below `[<destination prefix>/]<source bucket>/<configuration id>/`, a delivery is

    2026-11-20T01-00Z/manifest.json       names the data files, their format and their fields
    2026-11-20T01-00Z/manifest.checksum   written last: without it, the delivery is not complete
    data/….csv.gz                         the data files, beside those of other deliveries

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

MANIFEST = "manifest.json"
CHECKSUM = "manifest.checksum"
DATA = "data/"
# How long deliveries are looked for, from the newest back.
LOOK_BACK_HOURS = 31 * 24


def deliveries(source_bucket: str, configuration_id: str, prefix: str | None = None) -> str:
    """What the keys of a configuration's deliveries begin with; `prefix` is its destination prefix, if it has one."""
    base = f"{source_bucket}/{configuration_id}/"
    return f"{prefix.rstrip('/')}/{base}" if prefix else base


def data_files(manifest_key: str) -> str:
    """What the keys of the data files begin with, for the delivery of this manifest."""
    configuration = manifest_key.rsplit("/", 2)[0] + "/" if manifest_key.count("/") > 1 else ""
    return f"{configuration}{DATA}"
