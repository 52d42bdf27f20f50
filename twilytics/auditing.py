"""The rules over several tables, or over time: each a query over the lake for what breaks it, run by DuckDB."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from twilytics import failures
from twilytics.counting import Count, database
from twilytics.failures import Failure
from twilytics.lake import Lake
from twilytics.render.relation import view_name
from twilytics.schema import Audit, Table
from twilytics.slots import EVER, Slots

OBSERVED = "observed"


def audited(lake: Lake, interval: timedelta, work: Iterable[tuple[Table, Slots | None]]) -> Iterator[tuple[Count, Failure | None]]:
    """A count for each audit of each table in each run of its rows, and what failed. Raise RuntimeError where one cannot be run."""
    for table, run in work:
        for audit in table.audits:
            found, n_checked = _found(lake, interval, table, audit, run)
            scope = failures.scope(run)
            count = Count(table.name, scope, audit.name, n_checked, n_checked, found.num_rows)
            yield count, _failure(table, audit, found, scope, n_checked) if found.num_rows else None


def _found(lake: Lake, interval: timedelta, table: Table, audit: Audit, run: Slots | None) -> tuple[pa.Table, int]:
    """What breaks the rule, in the order of its keys, and how many of the table's rows were looked at."""
    rows = {one: lake.read(one, _around(one, audit, run, interval)) for one in (table, *audit.beside)}
    with _offered(rows, interval) as cursor:
        try:
            broken = cursor.sql(f"SELECT * FROM ({audit.query}) ORDER BY ALL").to_arrow_table()  # noqa: S608  (of declarations)
        except duckdb.Error as error:
            raise RuntimeError(f"{table.name}: the rule {audit.name} cannot be judged: {error}") from error
    within = rows[table]
    if run is not None and table.time is not None:
        broken, within = (_within(found, table.time, run) for found in (broken, within))
    return broken, within.num_rows


def _around(table: Table, audit: Audit, run: Slots | None, interval: timedelta) -> tuple[Slots, ...] | None:
    if run is None or table.time is None:
        return None
    back = audit.back_slots * interval + timedelta(days=audit.back_days)
    return (Slots(run.since - min(back, run.since - EVER.since), run.until),)


def _within(rows: pa.Table, time: str, run: Slots) -> pa.Table:
    return rows.filter((pc.field(time) >= run.since) & (pc.field(time) < run.until))


@contextmanager
def _offered(rows: dict[Table, pa.Table], interval: timedelta) -> Iterator[duckdb.DuckDBPyConnection]:
    with database().cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute("SET VARIABLE step = to_microseconds(?)", [interval // timedelta(microseconds=1)])
        for table, held in rows.items():
            cursor.register(view_name(table), held)
        yield cursor


def _failure(table: Table, audit: Audit, found: pa.Table, scope: str, n_checked: int) -> Failure:
    told = partial(Failure, table.name, audit.name, audit.says, audit.why, audit.severity, scope, max(n_checked, found.num_rows))
    shown = found.slice(0, failures.EXAMPLES).to_pylist()
    observed = dict.fromkeys(failures.shown(row[OBSERVED]) for row in shown)
    keys = (" ".join(failures.shown(value) for name, value in row.items() if name != OBSERVED) for row in shown)
    examples = tuple(f"{key} ({failures.shown(row[OBSERVED])})" for key, row in zip(keys, shown, strict=True))
    return told(found.num_rows, ", ".join(observed), examples)
