"""How an observatory stands: what is captured, refined and published up to when, what is missing, what waits."""

from dataclasses import dataclass
from datetime import UTC, datetime

from twilytics import aside, simulated
from twilytics.gold import captures
from twilytics.observatory import Observatory
from twilytics.slots import Slots
from twilytics.spending import Spent
from twilytics.tables import definitions
from twilytics.tries import PlaceStatus, tries, until


@dataclass(frozen=True)
class Status:
    """``spooled`` and ``landed`` answers wait for bronze (``landed`` is None where the store was never begun).

    ``captured_until`` is when the newest answer came, readable or not; ``newest`` the newest slot of which there is a list,
    ``tried_until`` the newest that was to be captured, ``n_behind`` slots later, the last of them in vain for this ``reason``.
    ``refined_until`` and ``published_until`` are the newest slot up to which nothing is left to do, ``to_backfill`` of that what
    comes slice by slice. ``gaps`` are runs of slots that every place missed, the newest first. ``spent``: what calls cost in this
    calendar month, None as for ``landed``. ``simulated``: whether any of it is.
    """

    captured_until: datetime | None
    newest: datetime | None
    tried_until: datetime | None
    n_behind: int
    reason: str | None
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
    tried = tries(lake, settings.interval)
    to_publish = ledger.publishing(captures.TABLE.name)
    return Status(
        captured_until=lake.newest(definitions()["bronze.answers"].table, "captured_at"),
        newest=tried.newest,
        tried_until=tried.until,
        n_behind=tried.n_behind,
        reason=tried.reason if tried.n_behind else None,
        refined_until=until(tried.captured, ledger.refining()),
        published_until=until(tried.captured, (*ledger.refining(), *to_publish)),
        spooled=observatory.spool.waiting(),
        landed=observatory.store.waiting() if begun else None,
        to_refine=ledger.to_refine,
        to_backfill=ledger.to_backfill,
        to_publish=to_publish,
        places=tried.by_place(),
        gaps=tried.gaps(),
        quarantine=tuple(aside.listed(lake)),
        rows={name: lake.n_rows(definition.table) for name, definition in definitions().items() if lake.handle(definition.table)},
        spent=(observatory.store.spending.in_month(datetime.now(UTC)) if begun else None),
        simulated=simulated.label(lake) is not None,
    )
