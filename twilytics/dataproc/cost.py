"""What a batch took, and what that costs: at list prices of one region, with their date."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

HOURS_OF_A_MONTH = 730


@dataclass(frozen=True)
class Prices:
    """In US dollars, without discounts: of a Data Compute Unit for an hour, and of a gigabyte of shuffle storage for a month."""

    of: str
    region: str
    source: str
    dcu_hour_usd: float
    shuffle_gb_month_usd: float

    def __str__(self) -> str:
        return f"list prices of {self.region}, {self.of}"

    def of_usage(self, dcu_hours: float, shuffle_gb_hours: float) -> float:
        return dcu_hours * self.dcu_hour_usd + shuffle_gb_hours * self.shuffle_gb_month_usd / HOURS_OF_A_MONTH


@cache
def prices() -> Prices:
    return Prices(**json.loads((files("twilytics") / "data/dataproc_prices.json").read_bytes()))


def usage(batch: Any) -> tuple[float, float] | None:
    """DCU-hours and gigabyte-hours of shuffle storage of a batch that ended; None where Dataproc has not told them."""
    used = batch.runtime_info.approximate_usage
    if not used.milli_dcu_seconds:
        return None
    return used.milli_dcu_seconds / 1000 / 3600, used.shuffle_storage_gb_seconds / 3600
