"""Rows of the lake in place of what a PostgreSQL table has in the same slots, within the caller's transaction.

Where the slots are empty, the rows are copied straight into the table. Else they are copied beside it, and only rows
that differ are taken out and put in: a cycle touches slots whose rows mostly stay what they were.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from twilytics import roles
from twilytics.render import arrow
from twilytics.render import postgres as render
from twilytics.render.expectations import quoted
from twilytics.schema import Table
from twilytics.slots import Slots, merged

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

Batches = Callable[[Table, Sequence[Slots] | None], Iterable[pa.RecordBatch]]

ROWS_A_CHUNK = 1 << 16
BYTES_A_READ = 1 << 18
#: From so many new rows on, the planner's statistics are renewed at once and not whenever the server gets to it.
MANY_ROWS = 50_000
#: What the server may take to sort the keys of a table that was filled.
SORT_MEMORY = "256MB"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def replace(cursor: "Cursor", table: Table, batches: Batches, runs: Sequence[Slots] | None) -> tuple[int, int]:
    """Return the rows that the runs hold now, and how many of them were written."""
    runs = None if runs is None or table.time is None else merged(runs)
    if runs == ():
        return 0, 0
    # All runs at once: a row may have moved from a later one to an earlier one, and its key is there once.
    where, bounds = condition(table, runs)
    is_new = is_empty(cursor, table, where, bounds)
    if is_new and runs is None and roles.owns(cursor, render.name(table)):
        # Nobody waits for a table that holds nothing.
        cursor.execute(f"SET LOCAL maintenance_work_mem = '{SORT_MEMORY}'")
        cursor.execute(render.without_keys(table))
        n_rows = n_written = _copy(cursor, table, render.name(table), batches(table, runs))
        cursor.execute(render.with_keys(table))
    elif is_new:
        n_rows = n_written = _copy(cursor, table, render.name(table), batches(table, runs))
    else:
        staged = f"pg_temp.{quoted(f'{table.short_name}_incoming')}"
        cursor.execute(f"CREATE TEMPORARY TABLE {staged} (LIKE {render.name(table)})")
        n_rows = _copy(cursor, table, staged, batches(table, runs))
        if n_rows >= MANY_ROWS:
            cursor.execute(f"ANALYZE {staged}")
        n_written = _exchange(cursor, table, staged, where, bounds)
        cursor.execute(f"DROP TABLE {staged}")
    if n_written >= MANY_ROWS:
        cursor.execute(f"ANALYZE {render.name(table)}")
    return n_rows, n_written


def is_empty(cursor: "Cursor", table: Table, where: str = "true", bounds: Sequence[datetime] = ()) -> bool:
    """Whether no row of the table, as ``old``, fulfils the condition."""
    # Asked for the least slot, the planner takes the index; asked for any row, it may read all the others to find none.
    rows = f"FROM {render.name(table)} AS old WHERE {where}"
    cursor.execute(
        f"SELECT min(old.{quoted(table.time)}) IS NULL {rows}" if table.time and bounds else f"SELECT NOT EXISTS (SELECT {rows})", bounds
    )
    return bool(value(cursor))


def _exchange(cursor: "Cursor", table: Table, staged: str, where: str, bounds: Sequence[datetime]) -> int:
    """Take out the rows that are gone or differ, put in those that are missing then. Return how many were put in."""
    same_key = " AND ".join(f"new.{quoted(key)} = old.{quoted(key)}" for key in table.grain)
    values = [quoted(column.name) for column in table.columns if column.name not in table.grain]
    same = [f"new.{value} IS NOT DISTINCT FROM old.{value}" for value in values]
    unchanged = " AND ".join([same_key, *same])
    name, columns = render.name(table), render.columns(table)
    cursor.execute(f"DELETE FROM {name} AS old WHERE {where} AND NOT EXISTS (SELECT FROM {staged} AS new WHERE {unchanged})", bounds)  # noqa: S608
    missing = f"SELECT {columns} FROM {staged} AS new WHERE NOT EXISTS (SELECT FROM {name} AS old WHERE {same_key} AND {where})"  # noqa: S608
    cursor.execute(f"INSERT INTO {name} ({columns}) {missing}", bounds)
    return cursor.rowcount


def condition(table: Table, runs: Sequence[Slots] | None) -> tuple[str, tuple[datetime, ...]]:
    """That a row of the table, as ``old``, lies in one of the runs (anywhere, where None; nowhere, where empty), as SQL with its values."""
    if runs is None or table.time is None:
        return "true", ()
    time = f"old.{quoted(table.time)}"
    within = " OR ".join([f"({time} >= %s AND {time} < %s)"] * len(runs))
    return f"({within or 'false'})", tuple(end for run in runs for end in (run.since, run.until))


def _copy(cursor: "Cursor", table: Table, target: str, rows: Iterable[pa.RecordBatch]) -> int:
    """Stream the rows into the target. Return how many there were."""
    source = _Csv(table, rows)
    try:
        cursor.copy_expert(f"COPY {target} ({render.columns(table)}) FROM STDIN (FORMAT csv)", source, size=1 << 18)
    except psycopg2.Error:
        if source.error is not None:
            raise source.error from None
        raise
    return cursor.rowcount


class _Csv(io.RawIOBase):
    """The rows as a file of CSV that is made while it is read. Strings are always quoted, so NULL is told from ''."""

    def __init__(self, table: Table, rows: Iterable[pa.RecordBatch]) -> None:
        super().__init__()
        self.error: Exception | None = None
        self._chunks = _chunks(table, rows)
        self._left = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._left:
                self._left = memoryview(next(self._chunks))
        except StopIteration:
            return b""
        except Exception as error:
            self.error = error  # libpq would only pass on that reading failed
            raise
        taken, self._left = bytes(self._left[:size]), self._left[size:]
        return taken


def _chunks(table: Table, rows: Iterable[pa.RecordBatch]) -> Iterator[pa.Buffer]:
    options = csv.WriteOptions(include_header=False)
    for batch in rows:
        for start in range(0, batch.num_rows, ROWS_A_CHUNK):
            sink = pa.BufferOutputStream()
            chunk = pa.Table.from_batches([batch.slice(start, ROWS_A_CHUNK)])
            csv.write_csv(_storable(arrow.conform(table, chunk)), sink, options)
            yield sink.getvalue()


def _storable(rows: pa.Table) -> pa.Table:
    """PostgreSQL's text cannot hold NUL, a stranger's title can."""
    for position, column in enumerate(rows.schema):
        if pa.types.is_string(column.type) and pc.any(pc.match_substring(rows[position], "\0")).as_py():
            rows = rows.set_column(position, column, pc.replace_substring(rows[position], "\0", REPLACEMENT))
    return rows


def value(cursor: "Cursor") -> Any:
    """The first column of the next row; None where there is none."""
    row = cursor.fetchone()
    return row[0] if row else None
