"""Maintenance: the past summed up, small files joined, dead ones removed after the retention, PostgreSQL vacuumed.

Nothing of it changes a result. Never inside a cycle; a cycle may come between two tables.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from twilytics import compaction, database_upkeep, quality, snapshot, stopping
from twilytics.cycle import Progress, no_progress, plainly
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.reconciling import Difference
from twilytics.refinement import settle
from twilytics.schema import Table
from twilytics.tables import definitions
from twilytics.vacuum import Removed, vacuum


@dataclass(frozen=True)
class Size:
    """``n_files`` hold the newest version; ``n_files_on_disk`` and ``n_bytes_on_disk`` are those of older versions too."""

    version: int
    n_files: int
    n_files_on_disk: int
    n_bytes_on_disk: int


@dataclass(frozen=True)
class Maintained:
    """By table of the lake its size before and after, and what was removed; the tables of PostgreSQL that were vacuumed.
    ``differing``: days that PostgreSQL holds otherwise; the next cycle publishes them again. ``n_offered``: answers that the store
    has and bronze had lost; the next cycle brings them back."""

    before: dict[str, Size]
    after: dict[str, Size]
    removed: dict[str, Removed]
    vacuumed: tuple[str, ...] = ()
    differing: tuple[Difference, ...] = ()
    n_offered: int = 0


def maintain(
    observatory: Observatory,
    *,
    call: Callable[..., Any] = plainly,
    progress: Progress = no_progress,
    now: datetime | None = None,
) -> Maintained:
    """Maintain the lake and, where something was ever captured, PostgreSQL. Stopped or killed anywhere, the next run goes on.

    ``call(stage, function, *args)`` runs a stage. Raise :class:`twilytics.errors.ServiceError` where a part does not answer.
    """
    before = (now or datetime.now(UTC)) - timedelta(hours=observatory.settings.retention_hours)
    n_offered = call("answers", lambda: offer_lost(observatory))
    call("roll-ups", lambda: roll_up(observatory))
    done: Maintained = call("lake", lambda: maintain_lake(observatory.lake, before, progress=progress))
    done = replace(done, n_offered=n_offered)
    if observatory.lake.identity() is None:
        return done
    call("quality", lambda: database_upkeep.thin_quality(observatory, before))
    differing = call("reconcile", lambda: database_upkeep.reconcile(observatory, progress=progress))
    vacuumed = call("postgresql", lambda: database_upkeep.vacuum(observatory.dsn, progress=progress))
    return replace(done, vacuumed=vacuumed, differing=differing)


def offer_lost(observatory: Observatory) -> int:
    """How many answers the store offers bronze again, which had lost them. No store is begun for that."""
    if observatory.settings.mongodb_uri is None and not (observatory.settings.home / "store").exists():
        return 0
    with observatory.lake.locked():
        return snapshot.offer_lost(observatory.store, observatory.lake)


def roll_up(observatory: Observatory) -> None:
    """Sum up the past for the tables that would else look through all of it. Raise :class:`GateError` where the sums break a rule."""
    with observatory.lake.locked():
        sum_up(observatory)


def sum_up(observatory: Observatory) -> None:
    """:func:`roll_up`, of a caller who holds the lake's lock."""
    made = settle(observatory)
    quality.gate(failure for one in made for failure in quality.check(one.table, observatory.lake.read(one.table)))


def maintain_lake(lake: Lake, before: datetime, *, progress: Progress = no_progress) -> Maintained:
    """Table by table, each under a lock of its own: what waits to write does not wait for all of them."""
    there = [definition.table for definition in definitions().values() if lake.version(definition.table) is not None]
    sizes: dict[str, Size] = {}
    later: dict[str, Size] = {}
    removed: dict[str, Removed] = {}
    for done, table in enumerate(there):
        stopping.check(table.name)
        progress(f"lake: {table.name}", done, len(there))
        with lake.locked():
            sizes[table.name] = size(lake, table)
            compaction.compact(lake, table)
            removed[table.name] = vacuum(lake, table, before)
            later[table.name] = size(lake, table)
    return Maintained(sizes, later, removed)


def size(lake: Lake, table: Table) -> Size:
    """How large a table that exists is."""
    listing = lake.listing(table)
    on_disk = [file.n_bytes for file in lake.storage.files(lake.folder(table)) if file.name.endswith(".parquet")]
    version = lake.version(table)
    return Size(-1 if version is None else version, len(listing.paths()) if listing else 0, len(on_disk), sum(on_disk))
