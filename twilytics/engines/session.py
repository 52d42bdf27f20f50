"""A Spark session with Delta: the one that is there already, or one of our own."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from types import MappingProxyType

from pyspark import SparkContext
from pyspark.sql import SparkSession

from twilytics.embedded.jars import spark_jars
from twilytics.embedded.java import java_home

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
