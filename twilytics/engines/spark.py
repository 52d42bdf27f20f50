"""Any Spark with Delta: the same transforms, as the SQL that Ibis writes for Spark."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as f

from twilytics.engines import Made, following
from twilytics.engines.session import opened_session
from twilytics.lake import Lake, within
from twilytics.refine import Step
from twilytics.render import arrow, spark
from twilytics.render.relation import view_name
from twilytics.schema import Table
from twilytics.silver import entries
from twilytics.slots import Runs, minutes
from twilytics.sql import query
from twilytics.tables import definitions


@contextmanager
def spark_engine(lake: Lake, interval: timedelta, master: str) -> Iterator["SparkEngine"]:
    with opened_session(master) as session:
        yield SparkEngine(lake, interval, session)


class SparkEngine:
    """Spills to disk by itself, so chunks are large: each costs a dozen Spark jobs."""

    chunk_answers = 100_000
    steps_at_once = 1

    def __init__(self, lake: Lake, interval: timedelta, session: SparkSession) -> None:
        self.lake, self.interval, self.session = lake, interval, session

    def run(self, step: Step) -> Made:
        if step.table is entries.TABLE:
            rows = self._entries(step)
        else:
            rows = self._relational(step) if definitions()[step.table.name].is_relational else self._in_arrow(step)
        return self._replaced(step.table, rows, step.writes)

    def _replaced(self, table: Table, rows: DataFrame, runs: Runs | None) -> Made:
        counted = Observation()
        rows = conform(table, rows).observe(counted, f.count(f.lit(1)).alias("n"))
        self.lake.create(table)
        writer = rows.write.format("delta").mode("overwrite")
        if runs is not None:
            writer = writer.option("replaceWhere", _within(table, runs))
        writer.save(str(self.lake.folder(table)))
        self.lake.sync(table)
        return Made(table, runs, int(counted.get["n"]))

    def _entries(self, step: Step) -> DataFrame:
        (answers,) = step.table.inputs
        interval = self.interval

        def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                yield from entries.transform(pa.Table.from_batches([batch]), interval=interval).to_batches()

        return self._rows(answers, step.reads[answers.name]).mapInArrow(read, spark.ddl(entries.TABLE))

    def _in_arrow(self, step: Step) -> DataFrame:
        """For the small tables that come last."""
        transform = definitions()[step.table.name].transform
        assert transform is not None
        rows = transform(*(self._rows(table, step.reads[table.name]).toArrow() for table in step.table.inputs))
        return self.session.createDataFrame(arrow.conform(step.table, rows), schema=spark.ddl(step.table))

    def _relational(self, step: Step) -> DataFrame:
        for table in step.table.looks_at:
            self._offer(table, self._rows(table, step.reads[table.name]))
        rows = self._made(step.table)
        return rows if step.writes is None else rows.where(_within(step.table, step.writes))

    def _offer(self, table: Table, rows: DataFrame) -> None:
        rows.createOrReplaceTempView(view_name(table))

    def _made(self, table: Table) -> DataFrame:
        return self.session.sql(query(table.name, "pyspark", minutes(self.interval)).text)

    def follow(self, step: Step, since: int | None) -> Made:
        table = step.table
        source, key, time = following.of(table)
        changed = following.changed_files(self.lake, table, since)
        if changed is None:
            return self.run(step)
        gone, come = (self._files(source, files) for files in changed)
        keys = gone.exceptAll(come).unionAll(come.exceptAll(gone)).select(key).distinct().cache()
        if keys.isEmpty():
            return Made(table, (), 0)
        for made_of in table.inputs:
            self._offer(made_of, self._rows(made_of, step.reads[made_of.name]).join(keys, key, "left_semi"))
        stored, rows = self._rows(table, None), self._made(table).cache()
        times = stored.join(keys, key, "left_semi").select(time).union(rows.select(time)).distinct().toArrow()
        runs = following.runs(times.column(0).to_pylist(), self.interval)
        beside = stored.where(_within(table, runs)).join(keys, key, "left_anti")
        return self._replaced(table, rows.unionByName(beside), runs)

    def _files(self, table: Table, files: Iterable[Path]) -> DataFrame:
        paths = [str(path) for path in files]
        return self.session.read.schema(spark.ddl(table)).parquet(*paths) if paths else self.session.createDataFrame([], spark.ddl(table))

    def _rows(self, table: Table, runs: Runs | None) -> DataFrame:
        self.lake.create(table)
        rows = self.session.read.format("delta").load(str(self.lake.folder(table)))
        return rows if runs is None else rows.where(_within(table, runs))


def conform(table: Table, rows: DataFrame) -> DataFrame:
    """The rows as declared. Raise TypeError for other names or types: Spark itself would fill, drop and narrow silently.

    Only Spark's 32-bit row numbers are widened, which Ibis takes for 64 bits.
    """
    found = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in rows.schema.fields)
    if found.replace(" int,", " bigint,") != spark.ddl(table):
        raise TypeError(f"{table.name} declares {spark.ddl(table)}, got {found}")
    return rows.select(*(f.col(column.name).cast(spark.TYPES[column.type]) for column in table.columns))


def _within(table: Table, runs: Runs) -> str:
    return within(table, runs, "TIMESTAMP ")
