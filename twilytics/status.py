"""How an observatory stands: what is captured, refined and published up to when, what is missing, what waits."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from twilytics import aside, simulated
from twilytics.gold import captures
from twilytics.observatory import Observatory
from twilytics.slots import Slots, merged
from twilytics.spending import Spent
from twilytics.tables import definitions

GAPS_TOLD = 20


@dataclass(frozen=True)
class PlaceStatus:
    """A place's slots: captured and missing ones from its first capture to the newest slot of all places."""

    place: str
    n_captured: int
    n_missing: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Status:
    """``spooled`` and ``landed`` answers wait for bronze (``landed`` is None where the store was never begun).

    ``refined_until`` and ``published_until`` are the newest slot up to which nothing is left to do, ``to_backfill`` of that what
    comes slice by slice. ``gaps`` are runs of slots that every place missed, the newest first. ``spent``: what calls cost in this
    calendar month, None as for ``landed``. ``simulated``: whether any of it is.
    """

    captured_until: datetime | None
    refined_until: datetime | None
    published_until: datetime | None
    spooled: int
    landed: int | None
    to_refine: tuple[Slots, ...]
    to_backfill: tuple[Slots, ...]
    to_publish: tuple[Slots, ...]
    places: tuple[PlaceStatus, ...]
    gaps: tuple[Slots, ...]
    quarantine: tuple[aside.Reason, ...]
    rows: dict[str, int]
    spent: Spent | None
    simulated: bool


def status(observatory: Observatory) -> Status:
    """Look at everything, change and start nothing but the embedded store, and that only where it holds something."""
    settings, lake, ledger = observatory.settings, observatory.lake, observatory.ledger
    begun = settings.mongodb_uri is not None or (settings.home / "store").exists()
    captured = lake.read(captures.TABLE, columns=["place", "slot"])
    refined_until = until(captured, ledger.refining())
    to_publish = ledger.publishing(captures.TABLE.name)
    return Status(
        captured_until=lake.newest(definitions()["bronze.answers"].table, "captured_at"),
        refined_until=refined_until,
        published_until=until(captured, (*ledger.refining(), *to_publish)),
        spooled=observatory.spool.waiting(),
        landed=observatory.store.waiting() if begun else None,
        to_refine=ledger.to_refine,
        to_backfill=ledger.to_backfill,
        to_publish=to_publish,
        places=by_place(captured, settings.interval),
        gaps=gaps(captured, settings.interval),
        quarantine=tuple(aside.listed(lake)),
        rows={name: lake.n_rows(definition.table) for name, definition in definitions().items() if lake.handle(definition.table)},
        spent=(observatory.store.spending.in_month(datetime.now(UTC)) if begun else None),
        simulated=simulated.label(lake) is not None,
    )


def until(captured: pa.Table, waiting: tuple[Slots, ...]) -> datetime | None:
    """The newest captured slot before the first of those that wait."""
    slots = captured["slot"]
    if waiting:
        slots = slots.filter(pc.less(slots, pa.scalar(min(run.since for run in waiting), slots.type)))
    newest: datetime | None = pc.max(slots).as_py()
    return newest


def by_place(captured: pa.Table, interval: timedelta) -> tuple[PlaceStatus, ...]:
    newest = pc.max(captured["slot"]).as_py()
    counted = captured.group_by("place").aggregate([("slot", "min"), ("slot", "max"), ("slot", "count")]).sort_by("place").to_pylist()
    return tuple(
        PlaceStatus(
            row["place"],
            row["slot_count"],
            (newest - row["slot_min"]) // interval + 1 - row["slot_count"],
            row["slot_min"],
            row["slot_max"],
        )
        for row in counted
    )


def gaps(captured: pa.Table, interval: timedelta) -> tuple[Slots, ...]:
    """The newest runs of slots that every place missed, the newest first."""
    there = merged(Slots(slot, slot + interval) for slot in captured["slot"].unique().to_pylist())
    between = [Slots(earlier.until, later.since) for earlier, later in pairwise(there)]
    return tuple(reversed(between[-GAPS_TOLD:]))
