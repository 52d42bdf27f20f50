"""Any Spark with Delta: the same transforms, as the SQL that Ibis writes for Spark."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import files
from types import MappingProxyType

import pyarrow as pa
from pyspark import SparkContext
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as f

from twilytics.embedded.jars import spark_jars
from twilytics.embedded.java import java_home
from twilytics.lake import Lake, moment
from twilytics.refine import Step
from twilytics.render import spark
from twilytics.render.relation import view_name
from twilytics.schema import Table
from twilytics.silver import entries
from twilytics.slots import Slots, minutes
from twilytics.sql import query

#: Small work on one machine; a cluster's own configuration wins, since these are only defaults of the session.
DEFAULTS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.driver.memory": "4g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={files('twilytics') / 'data/log4j2.properties'}",
}


@contextmanager
def spark_engine(lake: Lake, interval: timedelta, master: str) -> Iterator["SparkEngine"]:
    with opened_session(master) as session:
        yield SparkEngine(lake, interval, session)


@contextmanager
def opened_session(master: str, options: Mapping[str, str] = MappingProxyType({})) -> Iterator[SparkSession]:
    """The session that is there (another engine's, or under ``spark-submit``), or one of its own that ends with it."""
    is_ours = SparkSession.getActiveSession() is None
    session = _session(master, options)
    try:
        yield session
    finally:
        if is_ours:
            session.stop()


def _session(master: str, options: Mapping[str, str]) -> SparkSession:
    jars = spark_jars()
    builder = SparkSession.builder.appName("twilytics").config("spark.jars", ",".join(map(str, jars)))
    for name, value in {**DEFAULTS, **options}.items():
        builder = builder.config(name, value)
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        # Under spark-submit the JVM runs already, with a class path of its own choice.
        SparkContext._ensure_initialized()
        jvm = SparkContext._jvm
        for jar in jars:
            jvm.java.lang.Thread.currentThread().getContextClassLoader().addURL(jvm.java.io.File(str(jar)).toURI().toURL())
    else:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ["JAVA_HOME"] = str(java_home())
        if master.startswith("local"):
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.master(master)
    return builder.getOrCreate()


class SparkEngine:
    """Spills to disk by itself, so chunks are large: each costs a dozen Spark jobs."""

    chunk_answers = 100_000

    def __init__(self, lake: Lake, interval: timedelta, session: SparkSession) -> None:
        self.lake, self.interval, self.session = lake, interval, session

    def run(self, step: Step) -> int:
        rows = self._entries(step) if step.table is entries.TABLE else self._relational(step)
        counted = Observation()
        rows = conform(step.table, rows).observe(counted, f.count(f.lit(1)).alias("n"))
        self.lake.create(step.table)
        writer = rows.write.format("delta").mode("overwrite")
        if step.writes is not None:
            writer = writer.option("replaceWhere", _within(step.table, (step.writes,)))
        writer.save(str(self.lake.folder(step.table)))
        self.lake.sync(step.table)
        return int(counted.get["n"])

    def _entries(self, step: Step) -> DataFrame:
        (answers,) = step.table.inputs
        interval = self.interval

        def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                yield from entries.transform(pa.Table.from_batches([batch]), interval=interval).to_batches()

        return self._rows(answers, step.reads[answers.name]).mapInArrow(read, spark.ddl(entries.TABLE))

    def _relational(self, step: Step) -> DataFrame:
        for table in step.table.inputs:
            self._rows(table, step.reads[table.name]).createOrReplaceTempView(view_name(table))
        rows = self.session.sql(query(step.table.name, "pyspark", minutes(self.interval)).text)
        return rows if step.writes is None else rows.where(_within(step.table, (step.writes,)))

    def _rows(self, table: Table, runs: tuple[Slots, ...] | None) -> DataFrame:
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


def _within(table: Table, runs: tuple[Slots, ...]) -> str:
    ranges = [f"({table.time} >= TIMESTAMP '{moment(run.since)}' AND {table.time} < TIMESTAMP '{moment(run.until)}')" for run in runs]
    return " OR ".join(ranges) or "false"
