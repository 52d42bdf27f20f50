"""In this process: DuckDB computes, delta-rs reads and writes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from twilytics.engines import Made, Options, following
from twilytics.lake import Lake, within
from twilytics.refine import Step
from twilytics.render import arrow
from twilytics.render.relation import view_name
from twilytics.schema import Table
from twilytics.slots import Runs
from twilytics.sql import query
from twilytics.tables import definitions


@contextmanager
def duckdb_engine(lake: Lake, options: Options) -> Iterator["DuckDBEngine"]:
    with duckdb.connect() as connection:
        yield DuckDBEngine(lake, options, connection)


class DuckDBEngine:
    """Holds a step's inputs in memory, so runs are to be cut into chunks."""

    chunk_answers = 4_000
    steps_at_once = 2

    def __init__(self, lake: Lake, options: Options, connection: duckdb.DuckDBPyConnection) -> None:
        self.lake, self.options, self._database = lake, options, connection

    def run(self, step: Step) -> Made:
        definition = definitions()[step.table.name]
        rows = self._relational(step) if definition.is_relational else self._in_arrow(step)
        return self._replaced(step.table, rows, step.writes)

    def _replaced(self, table: Table, rows: pa.Table, runs: Runs | None) -> Made:
        self.lake.replace(table, arrow.conform(table, rows), runs)
        return Made(table, runs, rows.num_rows)

    def _in_arrow(self, step: Step) -> pa.Table:
        definition = definitions()[step.table.name]
        assert definition.transform is not None
        inputs = [self.lake.read(table, step.reads[table.name]) for table in step.table.inputs]
        rows: pa.Table = definition.transform(*inputs, **self.options.of(definition))
        return rows

    def _relational(self, step: Step) -> pa.Table:
        columns = query(step.table.name, "duckdb", self.options.minutes).columns
        inputs = {table: self.lake.read(table, step.reads[table.name], columns[table.name]) for table in step.table.looks_at}
        return self._made(step.table, inputs, step.writes)

    def _made(self, table: Table, inputs: Mapping[Table, pa.Table], runs: Runs | None) -> pa.Table:
        """The table's rows of these inputs, those in the runs, in the order in which they are stored."""
        text = query(table.name, "duckdb", self.options.minutes).text
        ordered = ", ".join(column for column in (table.time, *table.grain) if column)
        with self._cursor() as cursor:
            for made_of, rows in inputs.items():
                # In memory: read once, however often they are joined.
                cursor.register(view_name(made_of), rows)
            return cursor.sql(f"SELECT * FROM ({text}){_where(table, runs)} ORDER BY {ordered}").to_arrow_table()  # noqa: S608  (all of it is declared)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own: what is registered in one is not seen in another."""
        cursor = self._database.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        return cursor

    def follow(self, step: Step, since: int | None) -> Made:
        table = step.table
        source, key, time = following.of(table)
        changed = following.changed_files(self.lake, table, since)
        if changed is None:
            return self.run(step)
        keys = self._differing(source, key, *changed)
        if not len(keys):
            return Made(table, (), 0)
        columns = query(table.name, "duckdb", self.options.minutes).columns
        inputs = {
            made_of: self.lake.read_keys(made_of, key, keys, columns[made_of.name], step.reads[made_of.name]) for made_of in table.inputs
        }
        rows = self._made(table, inputs, None)
        stored = self.lake.read_keys(table, key, keys, [time])
        runs = following.runs([*rows[time].to_pylist(), *stored[time].to_pylist()], self.options.interval)
        beside = self.lake.read(table, runs).filter(pc.invert(pc.field(key).isin(keys)))
        return self._replaced(table, pa.concat_tables([arrow.conform(table, rows), beside]).sort_by(time), runs)

    def _differing(self, table: Table, key: str, gone: frozenset[str], come: frozenset[str]) -> pa.Array:
        """The keys of the rows that are in one of the two sets of files only."""
        with self._cursor() as cursor:
            cursor.register("gone", self.lake.files(table, sorted(gone)))
            cursor.register("come", self.lake.files(table, sorted(come)))
            rows = cursor.sql("(FROM gone EXCEPT FROM come) UNION ALL (FROM come EXCEPT FROM gone)")
            return rows.select(duckdb.ColumnExpression(key)).distinct().to_arrow_table().column(0).combine_chunks()


def _where(table: Table, runs: Runs | None) -> str:
    return "" if runs is None else f" WHERE {within(table, runs, 'TIMESTAMPTZ ')}"
