"""The rules over several tables, or over time: each a query over the lake for what breaks it, run by DuckDB."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
AT_ONCE = 2
Audited = tuple[Count, Failure | None]


@contextmanager
def begun(lake: Lake, interval: timedelta, work: Iterable[tuple[Table, Slots | None]]) -> Iterator[Iterator[Audited]]:
    """A count for each audit of each table in each run of its rows, and what failed: begun here, beside whatever the block does.

    Raise RuntimeError, when the results are asked for, where one cannot be run.
    """
    by_run: dict[Slots | None, list[Table]] = {}
    for table, run in work:
        if table.audits:
            by_run.setdefault(run, []).append(table)
    with ThreadPoolExecutor(AT_ONCE, "audit") as threads:
        futures = [threads.submit(_audited, lake, interval, tables, run) for run, tables in by_run.items()]
        yield (audited for future in futures for audited in future.result())


def _audited(lake: Lake, interval: timedelta, tables: Sequence[Table], run: Slots | None) -> list[Audited]:
    """All audits of these tables in one run, over one look at each table that they need."""
    audits = [(table, audit) for table in tables for audit in table.audits]
    scope = failures.scope(run)
    told: list[Audited] = []
    with _offered(lake, interval, audits, run) as cursor:
        n_rows = {table.name: _n_rows(cursor, table, run) for table in tables}
        for table, audit in audits:
            n_checked, found = n_rows[table.name], _broken(cursor, table, audit, run)
            count = Count(table.name, scope, audit.name, n_checked, n_checked, found.num_rows)
            told.append((count, _failure(table, audit, found, scope, n_checked) if found.num_rows else None))
    return told


@contextmanager
def _offered(
    lake: Lake, interval: timedelta, audits: Sequence[tuple[Table, Audit]], run: Slots | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that knows the tables, each as far back as one of the audits looks."""
    needed: dict[str, tuple[Table, timedelta]] = {}
    for table, audit in audits:
        back = audit.back_slots * interval + timedelta(days=audit.back_days)
        for one in (table, *audit.beside):
            _, known = needed.get(one.name, (one, timedelta(0)))
            needed[one.name] = one, max(back, known)
    with database().cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute("SET VARIABLE step = to_microseconds(?)", [interval // timedelta(microseconds=1)])
        for table, back in needed.values():
            within = None if run is None or table.time is None else (Slots(run.since - min(back, run.since - EVER.since), run.until),)
            cursor.register(view_name(table), lake.read(table, within))
        yield cursor


def _broken(cursor: duckdb.DuckDBPyConnection, table: Table, audit: Audit, run: Slots | None) -> pa.Table:
    """What breaks the rule in the run, in the order of its keys."""
    try:
        found = cursor.sql(f"SELECT * FROM ({audit.query}) ORDER BY ALL").to_arrow_table()  # noqa: S608  (of declarations)
    except duckdb.Error as error:
        raise RuntimeError(f"{table.name}: the rule {audit.name} cannot be judged: {error}") from error
    if run is None or table.time is None:
        return found
    return found.filter((pc.field(table.time) >= run.since) & (pc.field(table.time) < run.until))


def _n_rows(cursor: duckdb.DuckDBPyConnection, table: Table, run: Slots | None) -> int:
    is_within, bounds = (
        ("true", []) if run is None or table.time is None else (f"{table.time} >= ? AND {table.time} < ?", [run.since, run.until])
    )
    ((n_rows,),) = cursor.execute(f"SELECT count(*) FROM {view_name(table)} WHERE {is_within}", bounds).fetchall()  # noqa: S608
    return int(n_rows)


def _failure(table: Table, audit: Audit, found: pa.Table, scope: str, n_checked: int) -> Failure:
    told = partial(Failure, table.name, audit.name, audit.says, audit.why, audit.severity, scope, max(n_checked, found.num_rows))
    shown = found.slice(0, failures.EXAMPLES).to_pylist()
    observed = dict.fromkeys(failures.shown(row[OBSERVED]) for row in shown)
    keys = (" ".join(failures.shown(value) for name, value in row.items() if name != OBSERVED) for row in shown)
    examples = tuple(f"{key} ({failures.shown(row[OBSERVED])})" for key, row in zip(keys, shown, strict=True))
    # Of what a query made up nobody has declared what it may name.
    tellable = [name for name in found.schema.names if failures.is_tellable(table, name)]
    nameless = tuple(" ".join(failures.shown(row[name]) for name in tellable) for row in shown)
    return told(found.num_rows, ", ".join(observed), examples, nameless)
