"""The lake's gold tables → PostgreSQL: one transaction a publication, so that a reader never sees half of one.

The row of `gold.batches` comes last. Whatever ends the publisher before the commit leaves the last good state.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import psycopg2
import psycopg2.errors
import pyarrow as pa

from twilytics import migrating, postgres, reconciling, roles, summing
from twilytics.changing import LOCK, foreign
from twilytics.errors import ServiceError
from twilytics.gold import captures, quality
from twilytics.published import published_tables
from twilytics.reconciling import Difference
from twilytics.render import postgres as render
from twilytics.render.expectations import quoted
from twilytics.replacing import replace, value
from twilytics.schema import Table
from twilytics.slots import EVER, Slots, intervals, merged

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

PATIENCE = "5min"
#: Of more rows only the number is compared: hashing them would take the database as long as filling it did.
MOST_SUMMED = 500_000
#: Beside the tables' versions in `gold.batches`.
LAKE = "lake"
_log = logging.getLogger(__name__)


class Rows(reconciling.Rows, Protocol):
    """What is asked of the lake."""

    def batches(self, table: Table, runs: Sequence[Slots] | None = None) -> Iterator[pa.RecordBatch]: ...

    def version(self, table: Table) -> int | None: ...

    def identity(self) -> str | None: ...


@dataclass(frozen=True)
class Batch:
    """A publication as PostgreSQL remembers it: its number, the identity of the lake that it came from, and the tables that it had
    whole. What a migration emptied is not among them, until it is published whole once more."""

    number: int
    lake: str | None
    tables: frozenset[str]


@dataclass(frozen=True)
class Published:
    """``n_rows``: rows that the replaced slots hold now, by table; ``n_written``: those of them that are new or differ.
    ``mended``: days that PostgreSQL held otherwise than the lake, beyond these slots, and that were published again.
    ``lake_versions``: of the lake's published tables, and by :data:`LAKE` the identity of the lake."""

    batch: int
    published_at: datetime
    slots: str
    n_rows: Mapping[str, int] = field(hash=False)
    n_written: Mapping[str, int] = field(hash=False)
    mended: tuple[Difference, ...] = ()
    lake_versions: Mapping[str, int | str | None] = field(default_factory=dict, hash=False)


def publish(dsn: str, lake: Rows, batch: int, changed: Mapping[str, Sequence[Slots] | None] | None = None) -> Published:
    """Put the lake's rows of the changed slots in place of what PostgreSQL has of them.

    ``changed`` holds by name of each table that is to be published the runs of slots, or None for the whole table;
    as a whole None, everything is published, and rows and batches that the lake does not have are removed. The lake
    must not be written meanwhile. The same batch again replaces itself. Raise :class:`ServiceError` where PostgreSQL
    does not do it: nothing is changed then.
    """
    tables = published_tables()
    runs = dict.fromkeys((table.name for table in tables), None) if changed is None else changed
    written: dict[str, int] = {}
    counted: dict[str, int] = {}
    with _transaction(dsn) as cursor:
        _prepare(cursor, dsn)
        before = _newest(cursor)
        if n_ended := roles.end_overstaying(cursor):
            _log.warning(f"{n_ended} sessions of {roles.READER} were ended: a query of theirs took longer than {roles.LONGEST}")
        for table in tables:
            if table.name in runs:
                counted[table.name], written[table.name] = replace(cursor, table, lake.batches, runs[table.name])
                summing.renew(cursor, table, runs[table.name])
        mended = _mended(cursor, lake, {table: runs[table.name] for table in tables if table.name in runs}, counted)
        _add_newer(cursor, lake, quality.TABLE)
        if changed is None:
            # Batches of another lake's history: the newest one would hide this one.
            cursor.execute("DELETE FROM gold.batches WHERE batch > %s", (batch,))
        slots = "all" if changed is None else intervals(changed.get(captures.TABLE.name) or ())
        whole = [table for table in tables if before is None or table.name in before.tables or runs.get(table.name, ()) is None]
        versions = {LAKE: lake.identity(), **{table.name: lake.version(table) for table in whole}}
        cursor.execute(
            "INSERT INTO gold.batches (batch, published_at, slots, n_rows, lake_versions) VALUES (%s, clock_timestamp(), %s, %s, %s) "
            "ON CONFLICT (batch) DO UPDATE SET published_at = excluded.published_at, slots = excluded.slots, n_rows = excluded.n_rows, "
            "lake_versions = excluded.lake_versions RETURNING published_at",
            (batch, slots, sum(counted.values()), json.dumps(versions)),
        )
        published_at = value(cursor)
    return Published(batch, published_at, slots, counted, written, mended, versions)


def publish_log(dsn: str, lake: Rows, table: Table, *, anew: bool = False) -> None:
    """Publish the newer rows of one of :data:`LOGS`, with ``anew`` all of them, and nothing else.

    Where the checks stop a publication, readers are to see why, and how long it took.
    """
    with _transaction(dsn) as cursor:
        _prepare(cursor, dsn)
        _add_newer(cursor, lake, table, anew=anew)


def _add_newer(cursor: "Cursor", lake: Rows, table: Table, *, anew: bool = False) -> None:
    """The rows that PostgreSQL does not have, and those of the newest time that it has: whether it agrees with the lake is noted later."""
    time = table.time or ""
    cursor.execute(f"SELECT max({quoted(time)}) FROM {render.name(table)}")  # noqa: S608  (declared)
    newest: datetime | None = value(cursor)
    replace(cursor, table, lake.batches, (EVER if anew or newest is None else Slots(newest, EVER.until),))


def _mended(
    cursor: "Cursor", lake: Rows, changed: Mapping[Table, Sequence[Slots] | None], n_rows: Mapping[str, int]
) -> tuple[Difference, ...]:
    """Compare the touched days with the lake, and publish those again that differ. Raise :class:`ServiceError` where that does not help."""
    found: list[Difference] = []
    for table, runs in changed.items():
        days = None if runs is None or table.time is None else merged(run.days() for run in runs)
        is_summed = n_rows[table.name] <= MOST_SUMMED
        differing = reconciling.differences(cursor, table, lake, days, is_summed=is_summed)
        if differing:
            found += differing
            again = None if table.time is None else [one.slots for one in differing if one.slots]
            replace(cursor, table, lake.batches, again)
            summing.renew(cursor, table, again)
            left = reconciling.differences(cursor, table, lake, days, is_summed=is_summed)
            if left:
                raise ServiceError(f"PostgreSQL does not keep what it is given: {left[0]}; is there a trigger or a rule on that table?")
    return tuple(found)


def last_batch(dsn: str, *, is_upgrading: bool = False) -> Batch | None:
    """The newest batch that was published; None where nothing ever was.

    With ``is_upgrading`` the database is brought up to date first, which may leave it with fewer tables that are whole.
    """
    with _transaction(dsn) as cursor:
        if is_upgrading:
            _upgrade(cursor, dsn)
        cursor.execute("SELECT to_regclass('gold.batches') IS NOT NULL")
        return _newest(cursor) if value(cursor) else None


def _newest(cursor: "Cursor") -> Batch | None:
    cursor.execute("SELECT batch, lake_versions FROM gold.batches ORDER BY batch DESC LIMIT 1")
    number, told = cursor.fetchone() or (None, "{}")
    versions = json.loads(told)
    return None if number is None else Batch(number, versions.pop(LAKE, None), frozenset(versions))


@contextmanager
def _transaction(dsn: str) -> Iterator["Cursor"]:
    connection = postgres.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    except (psycopg2.errors.UndefinedColumn, psycopg2.errors.UndefinedTable, psycopg2.errors.DatatypeMismatch) as error:
        raise foreign(error) from error
    except psycopg2.errors.LockNotAvailable as error:
        raise ServiceError(f"another publication has been running for {PATIENCE}: try again when it is done") from error
    except psycopg2.Error as error:
        raise ServiceError(
            f"PostgreSQL failed ({postgres.first_line(error)}): nothing was changed, the last good state stays published"
        ) from error
    finally:
        connection.close()


def _prepare(cursor: "Cursor", dsn: str) -> None:
    """Bring the database up to date, and keep other publishers out until the end of the transaction."""
    _upgrade(cursor, dsn)
    cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
    cursor.execute("SET LOCAL statement_timeout = 0")
    cursor.execute("SET LOCAL timezone = 'UTC'")  # days are days of UTC
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def _upgrade(cursor: "Cursor", dsn: str) -> None:
    if not migrating.is_current(cursor):
        cursor.connection.rollback()
        migrating.upgrade(dsn)
