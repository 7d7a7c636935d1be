"""Quantities as people write and read them: 10M objects, 200KB, two hours, a few cents."""

from __future__ import annotations

import re

_COUNT = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_BYTES |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_NUMBER = re.compile(r"(\d[\d,_]*(?:\.\d+)?)\s*([A-Za-z]*)")


def count(text: str) -> int:
    """A number of things: `10M`, `2.5k`, `10,000,000`. Raises ValueError with a sentence."""
    value = _value(text, _COUNT)
    if value is None or not value.is_integer():
        raise ValueError(f"{text!r} is not a number of objects: write 250, 10,000, 50k, 10M or 1.5G")
    return int(value)


def byte_count(text: str) -> int:
    """A size in bytes: `200KB`, `1.5 MiB`, `4096`; KB is 1,000 bytes, KiB 1,024. Raises ValueError with a sentence."""
    value = _value(text, _BYTES)
    if value is None:
        raise ValueError(f"{text!r} is not a size: write 4096, 200KB, 1.5MB or 2GiB")
    return round(value)


def shown_seconds(seconds: float) -> str:
    """As two units at most: 0.4 s, 41 s, 12 min, 27.8 h, 3.2 days."""
    for unit, size in (("days", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        # From the second on: 90 minutes say more than 1.5 hours, 36 hours more than 1.5 days.
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def shown_usd(dollars: float) -> str:
    """To the cent, or where there is none, to a hundredth of one."""
    if dollars >= 0.01 or dollars == 0:
        return f"${dollars:,.2f}"
    return f"${dollars:.4f}" if dollars >= 0.00005 else "< $0.0001"


def shown_count(number: int) -> str:
    """In three digits or so, where there is little room: 999, 12.3k, 1.2M."""
    for unit, one, least in (("G", 10**9, 10**9), ("M", 10**6, 10**6), ("k", 10**3, 10**4)):
        if number >= least:
            return f"{number / one:.1f}{unit}"
    return f"{number:,}"


def shown_bytes(size: float) -> str:
    """In the largest decimal unit there is one of."""
    for unit, one in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= one:
            return f"{size / one:,.1f} {unit}"
    return f"{size:,.0f} bytes"


def _value(text: str, units: dict[str, int]) -> float | None:
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[2].lower() not in units:
        return None
    # Rounded, because 1.1 * 1,000,000 is not whole in binary.
    return round(float(found[1].replace(",", "").replace("_", "")) * units[found[2].lower()], 3)
