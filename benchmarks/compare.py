"""Whether two contenders made the same tables: the same keys and values, doubles to 1e-9. Before that, no time counts.

python -m benchmarks.compare FOLDER FOLDER
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.peers.tables import TARGETS, Target

TOLERANCE = 1e-9
SHOWN = 5
MEMORY = "4GB"


class DifferentError(Exception):
    """Two contenders disagree: in which table, and in which rows first."""


def compare(one: Path, other: Path, tables: Iterable[str] = tuple(TARGETS)) -> dict[str, int]:
    """How many rows each table has in both folders, which hold a Parquet file a table. Raise :class:`DifferentError` where they differ."""
    with duckdb.connect(config={"memory_limit": MEMORY}) as database:
        database.execute("SET TimeZone = 'UTC'")
        return {table: _compare(database, TARGETS[table], *(folder / f"{table}.parquet" for folder in (one, other))) for table in tables}


def _compare(database: duckdb.DuckDBPyConnection, target: Target, one: Path, other: Path) -> int:
    keys = ", ".join(target.key)
    for name, file in (("one", one), ("other", other)):
        rows = database.read_parquet(str(file))
        if sorted(rows.columns) != sorted(target.columns):
            raise DifferentError(f"{file} has the columns {', '.join(rows.columns)}, not {', '.join(target.columns)}")
        rows.select(*target.columns).create_view(name, replace=True)
        _refuse(database, f"{file}: one key, several rows", f"SELECT {keys}, count(*) AS n FROM {name} GROUP BY ALL HAVING n > 1")
    missing = " OR ".join(f"{side}.{target.key[0]} IS NULL" for side in ("one", "other"))
    differing = " OR ".join(_differs(name, kind) for name, kind in target.columns.items() if name not in target.key)
    _refuse(database, f"{one} | {other}", f"SELECT one, other FROM one FULL JOIN other USING ({keys}) WHERE {missing} OR {differing}")
    ((n_rows,),) = database.sql("SELECT count(*) FROM one").fetchall()
    return int(n_rows)


def _differs(column: str, kind: pa.DataType) -> str:
    distinct = f"one.{column} IS DISTINCT FROM other.{column}"
    # NULL is near nothing, and so is NaN.
    is_far = f"NOT coalesce(abs(one.{column} - other.{column}) <= {TOLERANCE}, false)"
    return f"({distinct} AND {is_far})" if kind == pa.float64() else distinct


def _refuse(database: duckdb.DuckDBPyConnection, what: str, query: str) -> None:
    """Raise where the query has a row: its first ones by key, each in a line."""
    if found := database.sql(f"{query} ORDER BY ALL LIMIT {SHOWN}").fetchall():
        raise DifferentError("\n".join((what, *(" | ".join(map(str, row)) for row in found))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    asked = parser.parse_args()
    for table, n_rows in compare(asked.one, asked.other).items():
        print(f"{table}: {n_rows:,} rows, equal")


if __name__ == "__main__":
    main()
