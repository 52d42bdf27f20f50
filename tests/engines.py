"""The two engines as tests use them: a transform over rows in memory, no lake."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import duckdb
import pyarrow as pa
import pytest

from twilytics.render import arrow
from twilytics.render.relation import view_name
from twilytics.schema import Table
from twilytics.sql import query

Compute = Callable[..., pa.Table]


def by_duckdb(table: Table, *inputs: pa.Table, interval: timedelta = timedelta(hours=1)) -> pa.Table:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for declared, given in zip(table.inputs, inputs, strict=True):
            connection.register(view_name(declared), given)
        minutes = int(interval.total_seconds() // 60)
        return arrow.conform(table, connection.sql(query(table.name, "duckdb", minutes).text).to_arrow_table())


def by_spark(session, table: Table, *inputs: pa.Table, interval: timedelta = timedelta(hours=1)) -> pa.Table:
    from twilytics.engines.spark import conform
    from twilytics.render import spark

    for declared, given in zip(table.inputs, inputs, strict=True):
        session.createDataFrame(given, schema=spark.ddl(declared)).createOrReplaceTempView(view_name(declared))
    minutes = int(interval.total_seconds() // 60)
    return arrow.conform(table, conform(table, session.sql(query(table.name, "pyspark", minutes).text)).toArrow())


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The one Spark session of a test run."""
    from twilytics.engines.spark import opened_session

    # Compiling a query costs more than interpreting it over a handful of rows.
    with opened_session("local[2]", {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}) as session:
        yield session


@pytest.fixture(params=["duckdb", "spark"])
def compute(request: pytest.FixtureRequest) -> Compute:
    """``compute(table, *inputs, interval=…)``: the table's transform, on each engine in turn."""
    if request.param == "duckdb":
        return by_duckdb
    session = request.getfixturevalue("spark_session")
    return lambda table, *inputs, **options: by_spark(session, table, *inputs, **options)
