"""Any Spark with Delta: the same transforms, as the SQL that Ibis writes for Spark."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa
from pydantic import SecretStr
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as f

from twilytics.engines import Made, Options, following
from twilytics.engines.session import opened_session
from twilytics.lake import Lake, within
from twilytics.refine import Step
from twilytics.render import arrow, spark
from twilytics.render.relation import view_name
from twilytics.schema import Table
from twilytics.slots import Runs
from twilytics.sql import query
from twilytics.tables import Definition, definitions


@contextmanager
def spark_engine(lake: Lake, options: Options, master: str, credentials: SecretStr | None = None) -> Iterator["SparkEngine"]:
    with opened_session(master, lake=lake.root, credentials=credentials) as session:
        yield SparkEngine(lake, options, session)


class SparkEngine:
    """Spills to disk by itself, so chunks are large: each costs a dozen Spark jobs."""

    chunk_answers = 100_000
    steps_at_once = 1

    def __init__(self, lake: Lake, options: Options, session: SparkSession) -> None:
        self.lake, self.options, self.session = lake, options, session

    def run(self, step: Step) -> Made:
        definition = definitions()[step.table.name]
        if step.writes is not None and not any(self._has_any(table, step.reads[table.name]) for table in step.table.looks_at):
            # Most lakes have no posts: of nothing comes nothing, without a job.
            self.lake.replace(step.table, arrow.schema(step.table).empty_table(), step.writes)
            return Made(step.table, step.writes, 0)
        if definition.is_relational:
            rows = self._relational(step)
        else:
            rows = self._in_arrow(step, definition) if definition.table.layer == "gold" else self._by_answer(step, definition)
        return self._replaced(step.table, rows, step.writes)

    def _has_any(self, table: Table, runs: Runs | None) -> bool:
        return self.lake.n_rows(table) > 0 if runs is None else self.lake.has_any(table, runs)

    def _replaced(self, table: Table, rows: DataFrame, runs: Runs | None) -> Made:
        counted = Observation()
        rows = conform(table, rows).observe(counted, f.count(f.lit(1)).alias("n"))
        self.lake.create(table)
        self.lake.storage.check()
        writer = rows.write.format("delta").mode("overwrite")
        if runs is not None:
            writer = writer.option("replaceWhere", _within(table, runs))
        writer.save(self.lake.uri(table))
        self.lake.sync(table)
        return Made(table, runs, int(counted.get["n"]))

    def _by_answer(self, step: Step, definition: Definition) -> DataFrame:
        """For silver, whose rows depend on one answer each."""
        (answers,) = step.table.inputs
        transform, told = definition.transform, self.options.of(definition)
        assert transform is not None

        def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                yield from transform(pa.Table.from_batches([batch]), **told).to_batches()

        return self._rows(answers, step.reads[answers.name]).mapInArrow(read, spark.ddl(step.table))

    def _in_arrow(self, step: Step, definition: Definition) -> DataFrame:
        """For the small tables that come last."""
        assert definition.transform is not None
        rows = definition.transform(*(self._rows(table, step.reads[table.name]).toArrow() for table in step.table.inputs))
        return self.session.createDataFrame(arrow.conform(step.table, rows), schema=spark.ddl(step.table))

    def _relational(self, step: Step) -> DataFrame:
        for table in step.table.looks_at:
            self._offer(table, self._rows(table, step.reads[table.name]))
        rows = self._made(step.table)
        return rows if step.writes is None else rows.where(_within(step.table, step.writes))

    def _offer(self, table: Table, rows: DataFrame) -> None:
        rows.createOrReplaceTempView(view_name(table))

    def _made(self, table: Table) -> DataFrame:
        return self.session.sql(query(table.name, "pyspark", self.options.minutes).text)

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
        runs = following.runs(times.column(0).to_pylist(), self.options.interval)
        beside = stored.where(_within(table, runs)).join(keys, key, "left_anti")
        return self._replaced(table, rows.unionByName(beside), runs)

    def _files(self, table: Table, files: Iterable[str]) -> DataFrame:
        paths = [f"{self.lake.uri(table)}/{name}" for name in files]
        return self.session.read.schema(spark.ddl(table)).parquet(*paths) if paths else self.session.createDataFrame([], spark.ddl(table))

    def _rows(self, table: Table, runs: Runs | None) -> DataFrame:
        if self.lake.handle(table) is None:
            return self.session.createDataFrame([], spark.ddl(table))
        rows = self.session.read.format("delta").load(self.lake.uri(table))
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
