"""The two engines as tests use them: a transform over rows in memory, no lake."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import duckdb
import pyarrow as pa
import pytest

from twilytics.engines import Options
from twilytics.render import arrow
from twilytics.render.relation import view_name
from twilytics.schema import Table
from twilytics.slots import minutes
from twilytics.sql import query
from twilytics.tables import definitions

Compute = Callable[..., pa.Table]
HOUR = timedelta(hours=1)
#: What silver is told beside its tables.
OPTIONS = Options(HOUR, key=b"the key of all tests")
#: Over a handful of rows it costs more to compile a query than to interpret it, and to compile Java well than to run it as it comes.
FOR_FEW_ROWS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def by_duckdb(table: Table, *inputs: pa.Table, interval: timedelta = HOUR) -> pa.Table:
    if not definitions()[table.name].is_relational:
        return _in_arrow(table, inputs)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for declared, given in zip(table.looks_at, inputs, strict=True):
            connection.register(view_name(declared), given)
        return arrow.conform(table, connection.sql(query(table.name, "duckdb", minutes(interval)).text).to_arrow_table())


def by_spark(session, table: Table, *inputs: pa.Table, interval: timedelta = HOUR) -> pa.Table:
    from twilytics.engines.spark import conform
    from twilytics.render import spark

    frames = [session.createDataFrame(given, schema=spark.ddl(declared)) for declared, given in zip(table.looks_at, inputs, strict=True)]
    if not definitions()[table.name].is_relational:
        return _in_arrow(table, [frame.toArrow() for frame in frames])
    for declared, frame in zip(table.looks_at, frames, strict=True):
        frame.createOrReplaceTempView(view_name(declared))
    return arrow.conform(table, conform(table, session.sql(query(table.name, "pyspark", minutes(interval)).text)).toArrow())


def _in_arrow(table: Table, inputs: Sequence[pa.Table]) -> pa.Table:
    transform = definitions()[table.name].transform
    assert transform is not None
    return arrow.conform(table, transform(*inputs))


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The one Spark session of a test run."""
    from twilytics.engines.session import opened_session

    if "PYTEST_XDIST_TESTRUNUID" in os.environ:
        # Fails where another process of this run has opened one: `tests.grouping` has to bring all that use it to one.
        (tmp_path_factory.getbasetemp().parent / "spark").touch(exist_ok=False)
    with opened_session("local[2]", FOR_FEW_ROWS) as session:
        yield session


@pytest.fixture(params=["duckdb", "spark"])
def compute(request: pytest.FixtureRequest) -> Compute:
    """``compute(table, *inputs, interval=…)``: the table's transform, on each engine in turn."""
    if request.param == "duckdb":
        return by_duckdb
    session = request.getfixturevalue("spark_session")
    return lambda table, *inputs, **options: by_spark(session, table, *inputs, **options)
