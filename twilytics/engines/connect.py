"""A Spark session on a server of Spark Connect: only what may be said over the wire, since the server has its own configuration."""

from collections.abc import Mapping

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from twilytics.embedded.jars import SPARK
from twilytics.engines import cluster, delta
from twilytics.errors import ServiceError, SettingError

#: What only the start of a server can set.
AT_START = ("spark.sql.extensions", "spark.sql.catalog.spark_catalog")


def connected(master: str, options: Mapping[str, str]) -> SparkSession:
    """Raise :class:`ServiceError` where no server answers, :class:`SettingError` where it was started without Delta."""
    cluster.reach(master)
    try:
        builder = SparkSession.builder.remote(master)
        for name, value in {**delta.OPTIONS, **options}.items():
            if name not in AT_START:
                builder = builder.config(name, value)
        session = builder.getOrCreate()
        extensions = session.conf.get(AT_START[0], "") or ""
    except PySparkException as error:
        raise ServiceError(f"the Spark server {master} does not serve: {str(error).strip().splitlines()[0][:300]}") from error
    if delta.OPTIONS[AT_START[0]] not in extensions:
        session.stop()
        raise SettingError(
            f"the Spark server {master} was started without Delta: start it with --packages {':'.join(SPARK[0][:3])} "
            + " ".join(f"--conf {name}={delta.OPTIONS[name]}" for name in AT_START)
        )
    with cluster.program() as path:
        session.addArtifacts(path, pyfile=True)
    return session
