"""What the published database needs now and then: dead rows removed, a look at whether it still is the lake's."""

import logging
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg2
import pyarrow.compute as pc

from twilytics import postgres, publication, results, roles
from twilytics.cycle import Progress, no_progress
from twilytics.errors import ServiceError
from twilytics.gold import captures, quality
from twilytics.observatory import Observatory
from twilytics.published import all_tables, published_tables, schema
from twilytics.reconciling import Difference, differences
from twilytics.render import postgres as render
from twilytics.render.expectations import quoted
from twilytics.replacing import is_empty, value
from twilytics.schema import Table
from twilytics.slots import DAY, EVER, Slots, floor, merged

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

#: Days whose values are compared as well: what people look at most, in a few seconds.
SUMMED = timedelta(days=30)
PLACEHOLDERS = {"string": "''", "bigint": "0", "double": "0", "boolean": "false", "timestamp": "'epoch'", "binary": "''"}
_log = logging.getLogger(__name__)


def reconcile(observatory: Observatory, *, progress: Progress = no_progress) -> tuple[Difference, ...]:
    """Compare every day that was published with the lake: the numbers of rows, and of the newest days the values as well.

    What differs is put on the list of what the next cycle publishes, and told in `gold.quality`.
    """
    lake = observatory.lake
    with lake.locked(), _maintained(observatory.dsn) as cursor:
        cursor.execute("SET timezone = 'UTC'")
        newest = lake.newest(captures.TABLE, "slot")
        recent = (Slots(floor(newest, DAY) - SUMMED, EVER.until),)
        waiting, there = set(observatory.ledger.to_publish), _there(cursor)
        known = [table for table in published_tables() if table in there and lake.handle(table)]
        tables = [table for table in known if table.name not in waiting]
        found = set[Difference]()
        for done, table in enumerate(tables):
            progress(f"reconcile: {table.name}", done, len(tables))
            found |= set(differences(cursor, table, lake, None, is_summed=table.time is None))
            found |= set(differences(cursor, table, lake, recent)) if table.time else set()
        differing = tuple(sorted(found, key=str))
        runs = {one.table: merged(other.slots or EVER for other in found if other.table == one.table) for one in found}
        if runs:
            observatory.save(observatory.ledger.differing(runs))
            results.record_differing(lake, datetime.now(UTC), {table.name: lake.n_rows(table) for table in tables}, differing)
            publication.publish_log(observatory.dsn, lake, quality.TABLE)
        return differing


def thin_quality(observatory: Observatory, before: datetime) -> None:
    """Let go of the results of checks that held, and ran before that instant; of those that failed, and of the newest run, none goes."""
    with observatory.lake.locked(), _maintained(observatory.dsn) as cursor:
        # An older one that failed would else be the newest, and pass for how it stands.
        before = min(before, observatory.lake.newest(quality.TABLE, "run") or before)
        old = (Slots(EVER.since, before),)
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


def forget_statistics(dsn: str) -> None:
    """Let go of values that the planner knows of rows that are gone, once the tables were analyzed. What is not allowed is warned of."""
    with _maintained(dsn) as cursor:
        for table in all_tables():
            if _is_known(cursor, table) and is_empty(cursor, table):
                _analyze_nothing(cursor, table)
        # Dead rows of that table are values as well.
        cursor.execute("SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()")
        if cursor.fetchone() == (True,):
            cursor.execute("VACUUM FULL pg_catalog.pg_statistic")
        else:
            _log.warning(
                "PostgreSQL may keep values of rows that are gone among its statistics: let the database's owner run "
                "`VACUUM FULL pg_catalog.pg_statistic`"
            )


def _analyze_nothing(cursor: "Cursor", table: Table) -> None:
    """Let the planner know an empty table by a row that nobody sees: of one without rows it keeps what it knew."""
    filled = {quoted(column.name): PLACEHOLDERS[column.type] for column in table.columns if not column.nullable}
    name = render.name(table)
    cursor.execute("BEGIN")
    cursor.execute(f"INSERT INTO {name} ({', '.join(filled)}) VALUES ({', '.join(filled.values())}) RETURNING ctid")  # noqa: S608  (declared)
    at = value(cursor)
    cursor.execute(f"ANALYZE {name}")
    cursor.execute(f"DELETE FROM {name} WHERE ctid = %s", (at,))  # noqa: S608  (declared)
    cursor.execute("COMMIT")


def _is_known(cursor: "Cursor", table: Table) -> bool:
    """Whether the planner knows values of the table."""
    cursor.execute("SELECT FROM pg_stats WHERE schemaname || '.' || tablename = %s LIMIT 1", (table.name,))
    return cursor.fetchone() is not None


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
