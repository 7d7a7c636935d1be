"""Prices, quotas and measured rates, from `prices.toml`, which has the unit, date and source of each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Prices in USD, in us-east-1; the units are in the file."""

    state_transition: float
    express_request: float
    express_gb_second: float
    lambda_request: float
    lambda_gb_second: float
    s3_list_or_put: float
    s3_get: float
    gb_between_regions: float


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """AWS's quotas; the units are in the file."""

    standard_dispatch: float
    express_dispatch: float
    map_run_items: float
    lambda_concurrency: float
    s3_gets: float


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Measured rates; the units are in the file."""

    list_page_seconds: float
    list_efficiency: float
    list_requests: float
    list_cpu_seconds: float
    list_network_keys: float
    summary_cpu_seconds: float
    lambda_network_bytes: float
    vcpu_mb: float
    batch_overhead_seconds: float


@cache
def prices() -> Prices:
    return Prices(**_values("prices", Prices))


@cache
def quotas() -> Quotas:
    return Quotas(**_values("quotas", Quotas))


@cache
def rates() -> Rates:
    return Rates(**_values("rates", Rates))


def as_of() -> date:
    """The date on which the oldest price was looked up."""
    dates: list[date] = [entry["date"] for entry in _file()["prices"].values()]
    return min(dates)


def _values(group: str, kind: type[Any]) -> dict[str, float]:
    return {field.name: float(_file()[group][field.name]["value"]) for field in fields(kind)}


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
