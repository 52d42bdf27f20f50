"""A Spark session with Delta: the one that is there already, or one of our own."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from importlib.resources import files
from pathlib import Path
from threading import Lock
from types import MappingProxyType

import pyspark
from pydantic import SecretStr
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from twilytics.embedded.jars import google_jars, spark_jars
from twilytics.embedded.java import java_home
from twilytics.engines import cluster, connect, delta, google, workers
from twilytics.errors import ServiceError

LOOPBACK = "127.0.0.1"
#: Set by spark-submit for the program that it starts.
SUBMITTED = "PYSPARK_GATEWAY_PORT"
ANYWHERE = {
    **delta.OPTIONS,
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.defaultJavaOptions": f"-Dlog4j2.configurationFile={files('twilytics') / 'data/log4j2.properties'}",
}
#: Small work on one machine. How large executors are, and all else of a cluster, is for Spark's own configuration to say.
LOCAL = {
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.driver.memory": "4g",
    "spark.driver.host": LOOPBACK,
    "spark.driver.bindAddress": LOOPBACK,
    "spark.ui.enabled": "false",
}

_counting = Lock()
_openers = 0


@contextmanager
def opened_session(
    master: str, options: Mapping[str, str] = MappingProxyType({}), *, lake: str = "", credentials: SecretStr | None = None
) -> Iterator[SparkSession]:
    """The session that is there (another engine's, or a batch's), as it is, or one of its own that ends with it.

    ``lake`` is the folder or URL that it has to reach, with ``credentials`` where that is a bucket.
    Raise :class:`ServiceError` or :class:`SettingError` where a cluster can't be had, or can't be used.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        with _ending(active) if _openers else nullcontext():
            yield active
        return
    master = _submitted_to() or master
    if master.startswith("sc://"):
        session = connect.connected(master, options)
        with _ending(session):
            workers.check(session, master, lake)
            yield session
        return
    is_local = cluster.is_local(master)
    jars = [*spark_jars(), *(google_jars() if google.is_on_google(lake) else ())]
    with google.access(lake, credentials, on_this_machine=is_local) as access:
        session = (_local if is_local else _distributed)(master, {**access, **options}, jars)
        with _ending(session):
            if is_local:
                yield session
                return
            # Workers that come later fetch it too.
            with cluster.program() as project:
                session.sparkContext.addPyFile(project)
                workers.check(session, master, lake)
                yield session


@contextmanager
def _ending(session: SparkSession) -> Iterator[None]:
    """Stop a session of ours when the last of those who opened it is done: a process has one, which its lanes share."""
    global _openers
    with _counting:
        _openers += 1
    try:
        yield
    finally:
        with _counting:
            _openers -= 1
            if not _openers:
                session.stop()


def _local(master: str, options: Mapping[str, str], jars: Sequence[Path]) -> SparkSession:
    os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
    return _built(master, {**ANYWHERE, **LOCAL, **options}, jars)


def _distributed(master: str, options: Mapping[str, str], jars: Sequence[Path]) -> SparkSession:
    cluster.reach(master)
    try:
        return _built(master, {**ANYWHERE, **options}, jars)
    except Exception as error:
        # What Spark raises here tells of its own inside only: the master refused or ignored the driver.
        raise ServiceError(
            f"{master} did not take the application: has it the same version of Spark, {pyspark.__version__}, and are there the same "
            f"secrets in Spark's configuration there and here? ({type(error).__name__}: {str(error).strip().splitlines()[0][:200]})"
        ) from error


def _built(master: str, options: Mapping[str, str], jars: Sequence[Path]) -> SparkSession:
    if SUBMITTED in os.environ:
        # The JVM runs already, with a class path of its own choice.
        jvm = SparkContext._jvm
        for jar in jars:
            jvm.java.lang.Thread.currentThread().getContextClassLoader().addURL(jvm.java.io.File(str(jar)).toURI().toURL())
    else:
        os.environ["JAVA_HOME"] = str(java_home())
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("twilytics").master(master).config("spark.jars", ",".join(map(str, jars)))
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _submitted_to() -> str | None:
    """The master that spark-submit was told; None where this was not started by it."""
    if SUBMITTED not in os.environ:
        return None
    SparkContext._ensure_initialized()
    return str(SparkConf().get("spark.master", "local[*]"))
