"""Maintenance: the past summed up, small files joined, dead ones removed after the retention, PostgreSQL vacuumed.

Nothing of it changes a result. Never inside a cycle; a cycle may come between two tables.
"""

from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2

from twilytics import compaction, postgres, publication, quality, replacing, stopping
from twilytics.cycle import Progress, no_progress, plainly
from twilytics.errors import ServiceError
from twilytics.gold import captures
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.reconciling import Difference, differences
from twilytics.refinement import settle
from twilytics.render import postgres as render
from twilytics.render import rollup
from twilytics.schema import Table
from twilytics.slots import DAY, EVER, Slots, floor, merged
from twilytics.tables import definitions
from twilytics.vacuum import Removed, vacuum

#: Days whose values are compared as well: what people look at most, in a few seconds.
SUMMED = timedelta(days=30)


@dataclass(frozen=True)
class Size:
    """``n_files`` hold the newest version; ``n_files_on_disk`` and ``n_bytes_on_disk`` are those of older versions too."""

    version: int
    n_files: int
    n_files_on_disk: int
    n_bytes_on_disk: int


@dataclass(frozen=True)
class Maintained:
    """By table of the lake its size before and after, and what was removed; the tables of PostgreSQL that were vacuumed,
    and those whose days were summed up. ``differing``: days that PostgreSQL holds otherwise; the next cycle publishes them again."""

    before: dict[str, Size]
    after: dict[str, Size]
    removed: dict[str, Removed]
    vacuumed: tuple[str, ...] = ()
    rolled_up: tuple[str, ...] = ()
    differing: tuple[Difference, ...] = ()


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
    call("roll-ups", lambda: roll_up(observatory))
    done: Maintained = call("lake", lambda: maintain_lake(observatory.lake, before, progress=progress))
    if observatory.lake.identity() is None:
        return done
    differing = call("reconcile", lambda: reconcile(observatory, progress=progress))
    rolled_up, vacuumed = call("postgresql", lambda: maintain_postgresql(observatory.dsn, progress=progress))
    return replace(done, rolled_up=rolled_up, vacuumed=vacuumed, differing=differing)


def reconcile(observatory: Observatory, *, progress: Progress = no_progress) -> tuple[Difference, ...]:
    """Compare every day that was published with the lake: the numbers of rows, and of the newest days the values as well.

    What differs is put on the list of what the next cycle publishes.
    """
    with observatory.lake.locked(), closing(postgres.connect(observatory.dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        newest = observatory.lake.newest(captures.TABLE, "slot")
        recent = (Slots(floor(newest, DAY) - SUMMED, EVER.until),)
        waiting = set(observatory.ledger.to_publish)
        tables = [table for table in publication.published_tables() if table.name not in waiting and observatory.lake.handle(table)]
        found = set[Difference]()
        for done, table in enumerate(tables):
            progress(f"reconcile: {table.name}", done, len(tables))
            found |= set(differences(cursor, table, observatory.lake, None, is_summed=table.time is None))
            found |= set(differences(cursor, table, observatory.lake, recent)) if table.time else set()
        runs = {one.table: merged(other.slots or EVER for other in found if other.table == one.table) for one in found}
        if runs:
            observatory.save(observatory.ledger.differing(runs))
        return tuple(sorted(found, key=str))


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
    listing, on_disk = lake.listing(table), [path.stat().st_size for path in lake.folder(table).glob("*.parquet")]
    version = lake.version(table)
    return Size(-1 if version is None else version, len(listing.paths()) if listing else 0, len(on_disk), sum(on_disk))


def maintain_postgresql(
    dsn: str, *, rewritten: Collection[str] = (), progress: Progress = no_progress
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sum up the days of what was published, let PostgreSQL reuse the room of rows that were replaced, and plan by what is there.

    Nobody waits for it, but for the tables that are to be ``rewritten``, by name: of these, replaced rows leave no byte behind.
    Return the tables that were summed up, and those that were vacuumed. Raise :class:`ServiceError` where PostgreSQL does not do it.
    """
    try:
        with closing(postgres.connect(dsn)) as connection:
            connection.autocommit = True  # inside a transaction a vacuum is refused
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
                cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (postgres.SCHEMA,))
                found = {name for (name,) in cursor.fetchall()}
                there = [table for table in publication.schema() if table.short_name in found]
                days = [table for table in there if rollup.is_rolled_up(table)]
                for done, table in enumerate(days):
                    progress(f"by day: {table.name}", done, len(days))
                    _roll_up_days(cursor, table)
                for done, table in enumerate(there):
                    progress(f"vacuum: {table.name}", done, len(there))
                    full = "FULL, " if table.name in rewritten else ""
                    cursor.execute(f"VACUUM ({full}ANALYZE) {render.name(table)}")
        return tuple(table.name for table in days), tuple(table.name for table in there)
    except psycopg2.Error as error:
        told = str(error).strip().partition("\n")[0]
        raise ServiceError(f"PostgreSQL was not maintained ({told}): nothing is lost, try again with `twilytics maintain`") from error


def _roll_up_days(cursor: Any, table: Table) -> None:
    cursor.execute(rollup.create(table))
    cursor.execute("SELECT relispopulated FROM pg_class WHERE oid = %s::regclass", (rollup.name(table),))
    # Whoever reads the view may go on doing so; only an empty one cannot be read anyway.
    beside = "CONCURRENTLY " if replacing.value(cursor) else ""
    cursor.execute(f"REFRESH MATERIALIZED VIEW {beside}{rollup.name(table)}")
    cursor.execute(f"ANALYZE {rollup.name(table)}")
