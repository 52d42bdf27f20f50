"""What changed between two versions of a gold table of the lake: rows by the table's grain, columns, and by how much.

Files that both versions have hold the same rows, so only the others are read: the cost follows what changed.
"""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, Literal

import duckdb
import pyarrow.dataset as ds

from twilytics import versions
from twilytics.errors import TwilyticsError
from twilytics.lake import Lake
from twilytics.render.expectations import quoted
from twilytics.schema import Column, Table
from twilytics.tables import of_layer
from twilytics.versions import Version

#: Doubles that differ by no more are equal.
TOLERANCE = 1e-9
#: What a comparison keeps in memory; the rest goes to a temporary folder.
MEMORY = "1GB"
Kind = Literal["changed", "added", "removed"]
KINDS: tuple[Kind, ...] = ("changed", "added", "removed")


@dataclass(frozen=True)
class ColumnDifference:
    """A column that differs in ``n_changed`` of the changed rows, numbers by ``largest`` at most (None where no two are numbers);
    ``n_filled`` were NULL before, ``n_emptied`` are NULL now."""

    name: str
    n_changed: int
    largest: float | None
    n_filled: int
    n_emptied: int


@dataclass(frozen=True)
class Example:
    """A row by its grain; ``columns`` holds what of it differs, as before and after."""

    kind: Kind
    key: dict[str, Any]
    columns: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Difference:
    """``n_same`` rows are in both versions and equal."""

    table: str
    before: Version
    after: Version
    n_added: int
    n_removed: int
    n_changed: int
    n_same: int
    columns: tuple[ColumnDifference, ...]
    examples: tuple[Example, ...]


def gold_table(name: str) -> Table:
    """The gold table of that name, with or without ``gold.``. Raise :class:`TwilyticsError` with the nearest names."""
    tables = {table.name: table for table in of_layer("gold")}
    wanted = name if "." in name else f"gold.{name}"
    if wanted not in tables:
        nearest = ", ".join(difflib.get_close_matches(wanted, tables, 3, cutoff=0))
        raise TwilyticsError(f"the lake has no gold table {name!r}. Nearest: {nearest}")
    return tables[wanted]


def difference(lake: Lake, table: Table, before: int | None = None, after: int | None = None, *, n_examples: int = 10) -> Difference:
    """From ``before`` (by default the version before ``after``) to ``after`` (by default the newest), with so many examples a kind.

    In bounded memory. Raise :class:`TwilyticsError` where a version is not there, or not any more.
    """
    newest = lake.version(table)
    if newest is None:
        raise TwilyticsError(f"{table.name} was not made yet: `twilytics run` makes it of the answers that there are")
    now, files_now = versions.version(lake, table, newest if after is None else after)
    was, files_was = versions.version(lake, table, now.number - 1 if before is None else before)
    for version, own in ((was, files_was - files_now), (now, files_now - files_was)):
        if not versions.are_there(lake, table, own):
            raise versions.absent(lake, table, version.number)
    with _compared(table, *(lake.files(table, sorted(own)) for own in (files_was - files_now, files_now - files_was))) as connection:
        n = dict(connection.sql("SELECT kind, count(*) FROM differing GROUP BY kind").fetchall())
        added, removed, changed = (n.get(kind, 0) for kind in ("added", "removed", "changed"))
        columns = tuple(_column(connection, column) for column in _others(table))
        examples = tuple(example for kind in KINDS for example in _examples(connection, table, kind, n_examples))
    told = tuple(column for column in columns if column.n_changed)
    return Difference(table.name, was, now, added, removed, changed, now.n_rows - added - changed, told, examples)


@contextmanager
def _compared(table: Table, was: ds.Dataset, now: ds.Dataset) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the table ``differing``: a row a row of either that is not the same in both, with ``was`` and ``now``."""
    key = ", ".join(map(quoted, table.grain))
    differs = " OR ".join(_differs(column, "was", "now") for column in _others(table)) or "false"
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET temp_directory = ?", [folder])
        connection.register("rows_before", was)
        connection.register("rows_after", now)
        connection.execute(
            f"CREATE TEMP TABLE differing AS SELECT * FROM (SELECT {key}, was, now, "  # noqa: S608  (all of it is declared)
            f"CASE WHEN was IS NULL THEN 'added' WHEN now IS NULL THEN 'removed' WHEN {differs} THEN 'changed' END AS kind "
            f"FROM (SELECT {key}, b AS was FROM rows_before AS b) FULL JOIN (SELECT {key}, a AS now FROM rows_after AS a) USING ({key})) "
            "WHERE kind IS NOT NULL"
        )
        yield connection


def _others(table: Table) -> list[Column]:
    return [column for column in table.columns if column.name not in table.grain]


def _differs(column: Column, was: str, now: str) -> str:
    before, after = f"{was}.{quoted(column.name)}", f"{now}.{quoted(column.name)}"
    beyond = f" AND coalesce(abs({before} - {after}) > {TOLERANCE}, true)" if column.type == "double" else ""
    return f"({before} IS DISTINCT FROM {after}{beyond})"


def _column(connection: duckdb.DuckDBPyConnection, column: Column) -> ColumnDifference:
    before, after = f"was.{quoted(column.name)}", f"now.{quoted(column.name)}"
    largest = f"max(abs({after} - {before}))::DOUBLE" if column.type in ("bigint", "double") else "NULL"
    (found,) = connection.sql(
        f"SELECT count(*), {largest}, count(*) FILTER ({before} IS NULL), count(*) FILTER ({after} IS NULL) "  # noqa: S608  (declared)
        f"FROM differing WHERE kind = 'changed' AND {_differs(column, 'was', 'now')}"
    ).fetchall()
    return ColumnDifference(column.name, *found)


def _examples(connection: duckdb.DuckDBPyConnection, table: Table, kind: Kind, n: int) -> Iterator[Example]:
    ordered = ", ".join(quoted(name) for name in dict.fromkeys((*((table.time,) if table.time else ()), *table.grain)))
    names = [column.name for column in _others(table)]
    differs = ", ".join(_differs(column, "was", "now") for column in _others(table))
    asked = ", ".join((*map(quoted, table.grain), "was", "now", f"[{differs}]::BOOLEAN[] AS differs"))
    rows = connection.sql(
        f"SELECT {asked} FROM differing WHERE kind = ? ORDER BY {ordered} LIMIT ?",  # noqa: S608  (all of it is declared)
        params=[kind, max(n, 0)],
    )
    for row in rows.to_arrow_table().to_pylist():
        was, now = row["was"] or {}, row["now"] or {}
        told = {name: (was.get(name), now.get(name)) for name, is_told in zip(names, row["differs"], strict=True) if is_told}
        yield Example(kind, {name: row[name] for name in table.grain}, told)
