"""What the published database needs now and then: dead rows removed, a look at whether it still is the lake's."""

import logging
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import psycopg2
import pyarrow.compute as pc

from twilytics import postgres, roles
from twilytics.cycle import Progress, no_progress
from twilytics.errors import ServiceError
from twilytics.gold import captures, quality
from twilytics.observatory import Observatory
from twilytics.published import published_tables, schema
from twilytics.reconciling import Difference, differences
from twilytics.render import postgres as render
from twilytics.schema import Table
from twilytics.slots import DAY, EVER, Slots, floor, merged

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

#: Days whose values are compared as well: what people look at most, in a few seconds.
SUMMED = timedelta(days=30)
_log = logging.getLogger(__name__)


def reconcile(observatory: Observatory, *, progress: Progress = no_progress) -> tuple[Difference, ...]:
    """Compare every day that was published with the lake: the numbers of rows, and of the newest days the values as well.

    What differs is put on the list of what the next cycle publishes.
    """
    with observatory.lake.locked(), _maintained(observatory.dsn) as cursor:
        cursor.execute("SET timezone = 'UTC'")
        newest = observatory.lake.newest(captures.TABLE, "slot")
        recent = (Slots(floor(newest, DAY) - SUMMED, EVER.until),)
        waiting, there = set(observatory.ledger.to_publish), _there(cursor)
        known = [table for table in published_tables() if table in there and observatory.lake.handle(table)]
        tables = [table for table in known if table.name not in waiting]
        found = set[Difference]()
        for done, table in enumerate(tables):
            progress(f"reconcile: {table.name}", done, len(tables))
            found |= set(differences(cursor, table, observatory.lake, None, is_summed=table.time is None))
            found |= set(differences(cursor, table, observatory.lake, recent)) if table.time else set()
        runs = {one.table: merged(other.slots or EVER for other in found if other.table == one.table) for one in found}
        if runs:
            observatory.save(observatory.ledger.differing(runs))
        return tuple(sorted(found, key=str))


def thin_quality(observatory: Observatory, before: datetime) -> None:
    """Let go of the results of checks that held, and ran before that instant; of those that failed none goes."""
    old = (Slots(EVER.since, before),)
    with observatory.lake.locked(), _maintained(observatory.dsn) as cursor:
        rows = observatory.lake.read(quality.TABLE, old)
        failed = rows.filter(pc.field("n_failed") > 0)
        if failed.num_rows < rows.num_rows:
            if quality.TABLE in _there(cursor):
                cursor.execute(f"DELETE FROM {render.name(quality.TABLE)} WHERE run < %s AND n_failed = 0", (before,))  # noqa: S608
            observatory.lake.replace(quality.TABLE, failed, old)


def vacuum(dsn: str, *, rewritten: Collection[str] = (), progress: Progress = no_progress) -> tuple[str, ...]:
    """Let PostgreSQL reuse the room of rows that were replaced, and plan by what is there.

    Nobody waits for it, but for the tables that are to be ``rewritten``, by name: of these, replaced rows leave no byte behind.
    Return the tables that were vacuumed: what the user of the DSN may not maintain is left alone.
    Raise :class:`ServiceError` where PostgreSQL does not do it, or what is to be rewritten may not be.
    """
    with _maintained(dsn) as cursor:
        allowed, known = roles.maintainable(cursor), _there(cursor)
        there = [table for table in known if table.short_name in allowed]
        if len(there) < len(known):
            _tell_forbidden([table.name for table in known if table not in there], rewritten)
        for done, table in enumerate(there):
            progress(f"vacuum: {table.name}", done, len(there))
            full = "FULL, " if table.name in rewritten else ""
            cursor.execute(f"VACUUM ({full}ANALYZE) {render.name(table)}")
    return tuple(table.name for table in there)


@contextmanager
def _maintained(dsn: str) -> Iterator["Cursor"]:
    """A cursor each of whose statements counts at once, as a vacuum has to. Raise :class:`ServiceError` where one fails."""
    try:
        with closing(postgres.connect(dsn)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("SET statement_timeout = 0")
            yield cursor
    except psycopg2.Error as error:
        told = postgres.first_line(error)
        raise ServiceError(f"PostgreSQL was not maintained ({told}): nothing is lost, try again with `twilytics maintain`") from error


def _there(cursor: "Cursor") -> list[Table]:
    """The tables that PostgreSQL has: none, or fewer, where nothing was published by this version yet."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (postgres.SCHEMA,))
    found = {name for (name,) in cursor.fetchall()}
    return [table for table in schema() if table.short_name in found]


def _tell_forbidden(names: Collection[str], rewritten: Collection[str]) -> None:
    """Raise :class:`ServiceError` where what was erased would stay in files of the database."""
    told = f"the user of TWILYTICS_POSTGRES_DSN may not maintain {', '.join(names)}"
    if not set(names).isdisjoint(rewritten):
        raise ServiceError(f"{told}, and what was erased may still lie in their files: give the same command again as the database's owner")
    _log.warning(f"{told}: let the database's owner run `twilytics maintain` now and then")
