"""What calls that cost have cost: counted in MongoDB by month, before each call, so that no crash forgets one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.collection import Collection

from twilytics.outcomes import NotAsked

MICROS = 1_000_000  # whole numbers: sums of cents as doubles drift


@dataclass(frozen=True)
class Spent:
    """In a calendar month, UTC: ``n_calls`` for ``usd``."""

    month: str
    n_calls: int
    usd: float


class Spending:
    """``told`` turns what the server does not do into :class:`twilytics.errors.ServiceError`."""

    def __init__(self, collection: Collection, told: Callable[[], AbstractContextManager[None]]) -> None:
        self._collection, self._told = collection, told

    def in_month(self, at: datetime) -> Spent:
        with self._told():
            found = self._collection.find_one({"_id": _month(at)}) or {}
        return Spent(_month(at), found.get("n_calls", 0), found.get("micro_usd", 0) / MICROS)

    def add(self, at: datetime, usd: float, budget: float | None) -> None:
        """Count a call of so much. Raise :class:`NotAsked`, and count nothing, where that would pass the month's budget."""
        price = round(usd * MICROS)
        with self._told():
            counted = self._collection.find_one_and_update(
                {"_id": _month(at)}, {"$inc": {"n_calls": 1, "micro_usd": price}}, upsert=True, return_document=ReturnDocument.AFTER
            )
            with_this = int((counted or {})["micro_usd"])
            if budget is None or with_this <= round(budget * MICROS):
                return
            self._collection.update_one({"_id": _month(at)}, {"$inc": {"n_calls": -1, "micro_usd": -price}})
        spent = (with_this - price) / MICROS
        raise NotAsked(
            "budget",
            f"TWILYTICS_X_MONTHLY_BUDGET_USD={budget:g}: {spent:.3f} USD were spent in {_month(at)}, and a call costs {usd:g}",
        )

    def give_back(self, at: datetime, usd: float, *, n_calls: int = 0) -> None:
        """Of a call that was counted ``at`` that time at the most it could cost, what it did not cost; ``n_calls``: 1 if it was none."""
        with self._told():
            self._collection.update_one({"_id": _month(at)}, {"$inc": {"n_calls": -n_calls, "micro_usd": -round(usd * MICROS)}})


def _month(at: datetime) -> str:
    return f"{at:%Y-%m}"
