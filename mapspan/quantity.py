"""Numbers, sizes, durations and amounts of money, as people write and read them."""

from __future__ import annotations

import re

_COUNT = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_BYTES |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_NUMBER = re.compile(r"(\d[\d,_]*(?:\.\d+)?)\s*([A-Za-z]*)")
# Each unit in seconds, with the smaller unit that is shown beside it.
_DURATIONS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))


def parse_count(text: str) -> int:
    """Read a number of objects: `10M`, `2.5k`, `10,000,000`.

    Raises:
        ValueError: with a sentence for the person who typed it.
    """
    value = _value(text, _COUNT)
    if value is None or not value.is_integer():
        raise ValueError(f"{text!r} is not a number of objects: write 250, 10,000, 50k, 10M or 1.5G")
    return int(value)


def parse_bytes(text: str) -> int:
    """Read a size in bytes: `200KB`, `1.5 MiB`, `4096`. KB is 1,000 bytes, KiB is 1,024.

    Raises:
        ValueError: with a sentence for the person who typed it.
    """
    value = _value(text, _BYTES)
    if value is None:
        raise ValueError(f"{text!r} is not a size: write 4096, 200KB, 1.5MB or 2GiB")
    return round(value)


def format_duration(seconds: float) -> str:
    """A duration in at most two units: 0.4 s, 41 s, 2 min 05 s, 27 h 48 min, 3 d 11 h."""
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    for size, unit, smaller_size, smaller_unit in _DURATIONS:
        if whole >= size:
            return f"{whole // size:,} {unit} {whole % size // smaller_size:02} {smaller_unit}"
    return f"{whole} s"


def format_usd(dollars: float) -> str:
    """An amount to the cent; below one cent, to a hundredth of a cent."""
    if dollars >= 0.01 or dollars == 0:
        return f"${dollars:,.2f}"
    return f"${dollars:.4f}" if dollars >= 0.00005 else "< $0.0001"


def format_short_count(number: int) -> str:
    """A number in about three digits, for labels with little room: 999, 12.3k, 1.2M."""
    for unit, size, minimum in (("G", 10**9, 10**9), ("M", 10**6, 10**6), ("k", 10**3, 10**4)):
        if number >= minimum:
            return f"{number / size:.1f}{unit}"
    return f"{number:,}"


def format_bytes(size: float) -> str:
    """A size in the largest decimal unit that it reaches: 1.5 MB, 200.0 KB, 12 bytes."""
    for unit, unit_size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= unit_size:
            return f"{size / unit_size:,.1f} {unit}"
    return f"{size:,.0f} bytes"


def _value(text: str, units: dict[str, int]) -> float | None:
    match = _NUMBER.fullmatch(text.strip())
    if match is None or match[2].lower() not in units:
        return None
    # Rounded, because 1.1 * 1,000,000 is not a whole number in binary.
    return round(float(match[1].replace(",", "").replace("_", "")) * units[match[2].lower()], 3)
