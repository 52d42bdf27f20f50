"""In this process: DuckDB computes, delta-rs reads and writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import duckdb
import pyarrow as pa

from twilytics.lake import Lake, moment
from twilytics.refine import Step
from twilytics.render import arrow
from twilytics.render.relation import view_name
from twilytics.schema import Table
from twilytics.silver import entries
from twilytics.slots import Slots, minutes
from twilytics.sql import query


@contextmanager
def duckdb_engine(lake: Lake, interval: timedelta) -> Iterator["DuckDBEngine"]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield DuckDBEngine(lake, interval, connection)


class DuckDBEngine:
    """Holds a step's inputs in memory, so runs are to be cut into chunks."""

    chunk_answers = 4_000

    def __init__(self, lake: Lake, interval: timedelta, connection: duckdb.DuckDBPyConnection) -> None:
        self.lake, self.interval, self.connection = lake, interval, connection

    def run(self, step: Step) -> int:
        rows = self._entries(step) if step.table is entries.TABLE else self._relational(step)
        rows = arrow.conform(step.table, rows)
        self.lake.replace(step.table, rows, step.writes)
        return int(rows.num_rows)

    def _entries(self, step: Step) -> pa.Table:
        (answers,) = step.table.inputs
        return entries.transform(self.lake.read(answers, step.reads[answers.name]), interval=self.interval)

    def _relational(self, step: Step) -> pa.Table:
        made = query(step.table.name, "duckdb", minutes(self.interval))
        for table in step.table.inputs:
            self._offer(table, step.reads[table.name], made.columns[table.name])
        ordered = ", ".join(column for column in (step.table.time, *step.table.grain) if column)
        within = _within(step.table, step.writes)
        return self.connection.sql(f"SELECT * FROM ({made.text}){within} ORDER BY {ordered}").to_arrow_table()  # noqa: S608  (all of it is declared)

    def _offer(self, table: Table, runs: tuple[Slots, ...] | None, columns: tuple[str, ...]) -> None:
        """Have the rows at hand under the name that transforms know them by: read once, however often they are joined."""
        self.connection.register(view_name(table), self.lake.read(table, runs, columns))


def _within(table: Table, run: Slots | None) -> str:
    if run is None:
        return ""
    return f" WHERE {table.time} >= TIMESTAMPTZ '{moment(run.since)}' AND {table.time} < TIMESTAMPTZ '{moment(run.until)}'"
