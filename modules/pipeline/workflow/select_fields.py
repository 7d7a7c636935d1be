"""The fields of a selection, as environments and the inputs of runs name them, and their limits."""

# What an input may contain, named as in environments/*.toml.
LISTS = ("suffixes", "include", "exclude", "storage_classes")
SIZES = ("min_bytes", "max_bytes")
MOMENTS = ("modified_after", "modified_before")
SELECT_FIELDS = (*LISTS, *SIZES, *MOMENTS)
# Each child of a Map that reads an inventory or a replica gets the selection, and its input holds 256 KiB.
SELECTION_MAX_CHARACTERS = 8_192
# A time, or an age at the start of a run.
MOMENT = "[1-9][0-9]{0,5}[dh]|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"


def age_hours(age: str) -> int:
    """The hours of an age such as "30d"."""
    return int(age[:-1]) * (24 if age[-1] == "d" else 1)
